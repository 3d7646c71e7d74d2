package importer

import (
	"net"
	"path/filepath"
	"strings"
)

// path is what a name of a file in a configuration leads to: relative ones start at the
// directory of the configuration.
func (c *chain) path(d *directive, name string) string {
	if !filepath.IsAbs(name) {
		base := c.files.base(d.File)
		if absolute, err := filepath.Abs(base); err == nil {
			base = absolute
		}
		return filepath.Join(base, name)
	}
	return c.files.place(filepath.Clean(name))
}

// rootPath is that of a directory with files, which nginx looks for below its prefix.
func (c *chain) rootPath(name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join("/usr/share/nginx", name) // Debian's --prefix
	}
	return c.files.place(filepath.Clean(name))
}

func (c *chain) exists(path string) bool {
	return files{}.has(path)
}

// samePort reports two addresses on this machine that are one and the same socket.
func samePort(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil {
		return a == b
	}
	return portA == portB && (hostA == hostB || here(hostA) && here(hostB))
}

// here reports a host that is this machine.
func here(host string) bool {
	return host == "" || host == "0.0.0.0" || host == "::" || host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}
