// Package units describes an edge as units of systemd: edgegen with its socket, or each
// daemon by itself for people who want systemd to supervise them. It makes text, and
// touches neither systemd nor the disk.
package units

import (
	"embed"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Options say what the site does not.
type Options struct {
	Name string // of the units, and of their directory below /var/lib
	// Site is the absolute path of the file or directory that is to be served, on the
	// machine that has the units. Root is the directory that it was read from here.
	Site, Root string
	Program    string // the absolute path of edgegen
	User       string // whom everything runs as
	// Daemons has systemd run each daemon by a unit of its own, with edgegen for nothing
	// but the files.
	Daemons bool
}

// A Unit is one of systemd's.
type Unit struct {
	Name string // of its file
	Text string
}

//go:embed templates/*.tmpl
var files embed.FS

// named are the names that need no quoting in a unit, a path or a shell.
var named = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// plain is a path that a unit and a shell take as it is: systemd's "%", "$" and quotes
// are not in it.
var plain = regexp.MustCompile(`^/[A-Za-z0-9_./+@:,=-]*$`)

// Units describes the edge; the first unit is the one to start. The error says which
// option, or which path of the site, a unit cannot name.
func Units(edge *site.Edge, o Options) ([]Unit, error) {
	if !named.MatchString(o.Name) || !named.MatchString(o.User) {
		return nil, fmt.Errorf("--name %q and --user %q: write letters, digits, dots and dashes", o.Name, o.User)
	}
	u := unit{Options: o, Edge: edge}
	for _, path := range append([]string{o.Site, o.Program}, u.written()...) {
		if !plain.MatchString(path) {
			return nil, fmt.Errorf("the path %q has characters that mean something else in a unit: move it to one of letters, digits, dots, dashes and underscores", path)
		}
	}
	if o.Daemons {
		return u.daemons()
	}
	var units []Unit
	for _, kind := range []string{"service", "socket"} {
		text, err := u.fill("edgegen."+kind+".tmpl", u)
		if err != nil {
			return nil, err
		}
		units = append(units, Unit{o.Name + "." + kind, text})
	}
	return units, nil
}

// unit is what templates are filled in with.
type unit struct {
	Options

	Edge *site.Edge
}

func (u unit) fill(name string, with any) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{"seconds": seconds}).ParseFS(files, "templates/*.tmpl")
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	var out strings.Builder
	if err := t.Execute(&out, with); err != nil {
		return "", fmt.Errorf("fill in %s: %w", name, err)
	}
	return out.String(), nil
}

// Streams are the addresses that systemd opens, each once.
func (u unit) Streams() []string {
	var all []string
	for _, l := range append(slices.Clone(u.Edge.HTTP), u.Edge.HTTPS...) {
		if address := l.Address.String(); l.Address.Port() != 0 && !slices.Contains(all, address) {
			all = append(all, address)
		}
	}
	return all
}

// Datagrams are those of HTTP/3.
func (u unit) Datagrams() []string {
	if u.Edge.AltSvc() == "" {
		return nil
	}
	var all []string
	for _, l := range u.Edge.HTTPS {
		all = append(all, l.Address.String())
	}
	return all
}

// Runs reports whether the site has edgegen run apps.
func (u unit) Runs() bool {
	return slices.ContainsFunc(u.Edge.Sites, func(s site.Site) bool {
		return slices.ContainsFunc(s.Backends, func(b site.Backend) bool { return b.Command != nil })
	})
}

// Home is what ProtectHome= can say: homes are hidden unless the site lies there.
func (u unit) Home() string {
	for _, path := range u.read() {
		for _, home := range []string{"/home/", "/root/", "/run/user/"} {
			if strings.HasPrefix(path, home) {
				return "read-only"
			}
		}
	}
	return "yes"
}

// read are the paths that the edge reads: the site, and what it names outside of its own
// directory, which may be elsewhere on the machine of the units.
func (u unit) read() []string {
	paths := []string{u.Site}
	add := func(path string) {
		if inside, err := filepath.Rel(u.Root, path); err != nil || !filepath.IsLocal(inside) {
			paths = append(paths, path)
		}
	}
	for _, s := range u.Edge.Sites {
		for _, path := range s.TLS.Certificates {
			add(path)
		}
		for _, r := range s.Routes {
			if r.Static != nil {
				add(r.Static.Root)
			}
		}
	}
	return paths
}

// Logs is the directory below /var/log that the access log goes to; "" for none.
func (u unit) Logs() string {
	below, ok := strings.CutPrefix(filepath.Dir(u.Edge.Log.Access), "/var/log/")
	if !ok {
		return ""
	}
	return below
}

// Writes are the directories besides that the edge writes to.
func (u unit) Writes() []string {
	var all []string
	for _, path := range u.written() {
		if dir := filepath.Dir(path); !strings.HasPrefix(dir, "/var/log/") && !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	return all
}

// written are the files of the site that are written to, wherever they are.
func (u unit) written() []string {
	var all []string
	if filepath.IsAbs(u.Edge.Log.Access) {
		all = append(all, u.Edge.Log.Access)
	}
	if u.Edge.Storage.Path != "" {
		all = append(all, u.Edge.Storage.Path)
	}
	return all
}

// Stop is how many seconds a stop may take.
func (u unit) Stop() int { return seconds(u.Edge.Timeout.Drain + 10*time.Second) }

// Title lists the daemons in words.
func (u unit) Title() string {
	var all []string
	for _, d := range engines.Daemons() {
		all = append(all, d.Title)
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
