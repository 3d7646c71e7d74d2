package importer

import (
	"slices"
	"strconv"
	"strings"
)

// server is a server block.
type server struct {
	*directive
	names   []string
	listens []nginxListen
	tls     bool
	byHost  []hostRedirect
	plainly bool    // it does nothing but to redirect
	front   *server // who ends TLS before the cache that asks this one; nil for nobody
}

// nginxListen is a listen directive.
type nginxListen struct {
	*directive
	address   string // host:port, ":443", or a unix socket
	tls       bool
	fallback  bool // default_server
	announced bool // proxy_protocol
}

// readServer reads the names and listeners of a server.
func readServer(d *directive) *server {
	s := &server{directive: d}
	for _, one := range d.find("server_name") {
		for _, name := range one.args {
			s.names = append(s.names, strings.ToLower(strings.TrimSuffix(name, ".")))
		}
	}
	on := d.last("ssl").arg(0) == "on"
	for _, one := range d.find("listen") {
		l := nginxListen{directive: one, address: listenAddress(one.arg(0)), tls: on && !strings.HasSuffix(one.arg(0), ":80")}
		for _, word := range one.args {
			switch word {
			case "ssl", "quic":
				l.tls = true
			case "default_server", "default":
				l.fallback = true
			case "proxy_protocol":
				l.announced = true
			}
		}
		s.listens = append(s.listens, l)
	}
	if len(s.listens) == 0 {
		s.listens = []nginxListen{{address: ":80", tls: on}}
	}
	s.tls = slices.ContainsFunc(s.listens, func(l nginxListen) bool { return l.tls })
	s.findRedirects()
	return s
}

// listenAddress writes an address as the language does: ":80" for every address.
func listenAddress(text string) string {
	if strings.HasPrefix(text, "unix:") {
		return text
	}
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return ":" + text
	}
	for _, every := range []string{"*:", "0.0.0.0:", "[::]:"} {
		if port, ok := strings.CutPrefix(text, every); ok {
			return ":" + port
		}
	}
	if strings.LastIndexByte(text, ':') <= strings.LastIndexByte(text, ']') {
		return text + ":80"
	}
	return text
}

// listeners has the edge listen where a server does, unless that is between daemons.
func (n *nginx) listeners(s *server, edge *block) {
	for _, l := range s.listens {
		var from []*Line
		if l.directive != nil {
			from = []*Line{l.Line}
		}
		switch {
		case strings.HasPrefix(l.address, "unix:"):
			refuseAll(from, "the public listeners are addresses", "between the tiers there are Unix sockets of edgegen's own; leave it out")
		case n.inner(l.address):
			intoAll(from, "the way from the cache to the web tier")
			rightAll(from, "it is a Unix socket, which nobody else can reach")
		case l.tls:
			listenAt(edge, "https", l.address, from...)
		default:
			listenAt(edge, "http", l.address, from...)
		}
		if l.announced {
			n.announced = append(n.announced, from...)
		}
	}
}
