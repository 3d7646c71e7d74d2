package config

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
)

func readServers(b *block, a *argument, backend *site.Backend) {
	written, ok := b.texts(a)
	if ok && len(written) == 0 {
		b.errorAt(b.placeOf(a), "write "+a.name+" = "+a.example+", say", "%s is empty", a.name)
	}
	first := map[site.Server]hcl.Range{}
	for _, one := range written {
		server, ok := b.server(one)
		if !ok {
			continue
		}
		if earlier, again := first[server]; again {
			b.errorAt(one.place, "keep one of them", "server %q is listed twice: first at %s", one.text, b.where(earlier))
			continue
		}
		first[server] = one.place
		server.Source = b.sourceOf(one.place)
		backend.Servers = append(backend.Servers, server)
	}
}

// maxSocketPath is what the kernel's socket address holds.
const maxSocketPath = 107

// server reads "host:port" or "unix:/path". The path may be relative to the
// file.
func (b *block) server(written located) (site.Server, bool) {
	if path, ok := strings.CutPrefix(written.text, "unix:"); ok {
		path, ok := b.pathOf("the socket's path", located{strings.TrimPrefix(path, "//"), written.place})
		if ok && len(path) > maxSocketPath {
			b.errorAt(written.place, "move the socket to a shorter path", "the socket's path has %d bytes, and a socket's address holds %d", len(path), maxSocketPath)
			return site.Server{}, false
		}
		return site.Server{Path: path}, ok
	}
	const example = `write "127.0.0.1:5000", "app.internal:5000" or "unix:/run/app.sock", say`
	fail := func(problem, remedy string) (site.Server, bool) {
		b.errorAt(written.place, remedy, "server %q %s", written.text, problem)
		return site.Server{}, false
	}
	if scheme, rest, ok := strings.Cut(written.text, "://"); ok {
		address, _, _ := strings.Cut(rest, "/")
		if scheme == "https" {
			return fail("asks for TLS towards the app, which is not supported yet",
				"let the app listen without TLS on an address that only this machine or a private network reaches, and write that")
		}
		return fail("is a URL, and must be an address", fmt.Sprintf("write it without %q: %q", scheme+"://", address))
	}
	if strings.HasPrefix(written.text, "/") {
		return fail("is a path", fmt.Sprintf("write %q for a Unix socket", "unix:"+written.text))
	}
	host, port, problem := splitHostPort(written.text, 1)
	switch {
	case problem != "":
		return fail(problem, example)
	case host == "":
		return fail("lacks a host", fmt.Sprintf("write \"127.0.0.1:%d\", say", port))
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return b.serverAddress(written, address, port)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	switch problem := dnsProblem(host); {
	case looksNumeric(host):
		return fail("holds no valid IP address", example)
	case problem != "":
		return fail(problem, example)
	}
	return site.Server{Host: host, Port: port}, true
}

func (b *block) serverAddress(written located, address netip.Addr, port uint16) (site.Server, bool) {
	switch {
	case address.Zone() != "":
		b.errorAt(written.place, "write an address without a zone", "server %q holds an IPv6 zone, which the daemons do not take", written.text)
		return site.Server{}, false
	case address.IsMulticast():
		b.errorAt(written.place, "", "server %q is a multicast address", written.text)
		return site.Server{}, false
	case address.IsUnspecified():
		b.warnAt(written.place, "write the address it is reached at, such as 127.0.0.1", "server %q is an address to listen at, not to connect to", written.text)
	}
	return site.Server{Host: address.Unmap().String(), Port: port}, true
}
