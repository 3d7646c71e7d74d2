package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"edgegen/internal/site"
)

func readServers(b *block, a *argument, backend *site.Backend) {
	written, ok := b.texts(a)
	if ok && len(written) == 0 {
		b.errorAt(b.placeOf(a), "write "+a.name+" = "+a.example+", say", "%s is empty", a.name)
	}
	for _, one := range written {
		server, ok := b.server(one)
		if ok && b.first(server, one) {
			server.Source, server.Weight = b.sourceOf(one.place), 1
			backend.Servers = append(backend.Servers, server)
		}
	}
}

func readServer(b *block, label located, server *site.Server) {
	read, ok := b.server(label)
	if !ok || !b.around.first(read, label) {
		b.refused = true
		return
	}
	server.Host, server.Port, server.Path, server.TLS = read.Host, read.Port, read.Path, read.TLS
}

// checkServer leaves a block without a label out, which was reported.
func checkServer(b *block, _ *site.Server) { b.refused = b.refused || len(b.labels) == 0 }

// first reports whether a server of the backend is named for the first time.
func (b *block) first(server site.Server, written located) bool {
	if b.servers == nil {
		b.servers = map[site.Server]located{}
	}
	if earlier, again := b.servers[server]; again {
		b.errorAt(written.place, "keep one of them", "server %q is listed twice: first at %s", written.text, b.where(earlier.place))
		return false
	}
	b.servers[server] = written
	return true
}

// checkServers checks that the backend has a server that is no backup, and warns of
// arguments that concern none of its servers.
func checkServers(b *block, backend *site.Backend) {
	servers, block := b.row(&backend.Servers), b.kindIn(&backend.Servers)
	_, blocks := b.find(block)
	if !b.holds(servers) && !blocks && !b.lacking[block] && !b.wrong(servers) {
		b.lacks(servers)
	}
	if len(backend.Servers) == 0 {
		return
	}
	if !slices.ContainsFunc(backend.Servers, func(s site.Server) bool { return !s.Backup }) {
		b.errorAt(b.place, "leave backup out of one of them", "every server of the backend is a backup")
	}
	if place, found := b.find(b.kindIn(&backend.TLS)); found && !slices.ContainsFunc(backend.Servers, func(s site.Server) bool { return s.TLS }) {
		b.warnAt(place, `write "https://" before a server that speaks TLS`, "no server of the backend is spoken to by TLS")
	}
	if row := b.row(&backend.Resolve); b.holds(row) && !slices.ContainsFunc(backend.Servers, site.Server.Named) {
		b.warnAt(b.placeOf(row), "leave it out", "%s has no effect: the backend's servers have no names", row.name)
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
	const example = `write "127.0.0.1:5000", "app.internal:5000", "https://app.example.com" or "unix:/run/app.sock", say`
	fail := func(problem, remedy string) (site.Server, bool) {
		b.errorAt(written.place, remedy, "server %q %s", written.text, problem)
		return site.Server{}, false
	}
	text, tls := written.text, false
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		address, path, _ := strings.Cut(rest, "/")
		switch {
		case scheme != "https":
			return fail("is a URL, and must be an address", fmt.Sprintf("write it without %q: %q", scheme+"://", address))
		case path != "" || strings.ContainsAny(address, "?#@"):
			return fail("holds more than an address", fmt.Sprintf("write %q: the path is the request's", "https://"+bareAddress(address)))
		}
		text, tls = withPort(address, "443"), true
	}
	if strings.HasPrefix(written.text, "/") {
		return fail("is a path", fmt.Sprintf("write %q for a Unix socket", "unix:"+written.text))
	}
	host, port, problem := splitHostPort(text, 1)
	switch {
	case problem != "":
		return fail(problem, example)
	case host == "":
		return fail("lacks a host", fmt.Sprintf("write \"127.0.0.1:%d\", say", port))
	}
	if address, err := netip.ParseAddr(host); err == nil {
		server, ok := b.serverAddress(written, address, port)
		server.TLS = tls
		return server, ok
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	switch problem := dnsProblem(host); {
	case looksNumeric(host):
		return fail("holds no valid IP address", example)
	case problem != "":
		return fail(problem, example)
	}
	return site.Server{Host: host, Port: port, TLS: tls}, true
}

// bareAddress is the address in what stands between "https://" and a path.
func bareAddress(text string) string {
	text = text[strings.LastIndexByte(text, '@')+1:]
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		text = text[:i]
	}
	return text
}

// withPort adds a port to an address that has none.
func withPort(address, port string) string {
	if i := strings.LastIndexByte(address, ':'); i < 0 || strings.HasSuffix(address, "]") {
		return address + ":" + port
	}
	return address
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
