package gateway

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// edge is one address and port, with the sites that are served there.
type edge struct {
	id        string
	address   netip.Addr // the zero Addr for every one of the machine
	port      int32
	tls       bool
	listeners []*listener
	hosts     map[string]*host
}

// host is a site that is being put together.
type host struct {
	name     string
	listener *listener // the closest one
	ways     []way
}

// way is a match that leads to a rule.
type way struct {
	match
	rule *rule
}

// edgeID names an edge, as a directory can be named.
func edgeID(address netip.Addr, port int32) string {
	name := "any"
	if address.IsValid() {
		name = strings.NewReplacer(":", "-", "%", "-", "/", "-").Replace(address.String())
	}
	return name + "_" + strconv.Itoa(int(port))
}

// edge finds the edge of a listener, or begins it.
func (b *builder) edge(g *gateway, l *listener) *edge {
	at := slices.IndexFunc(b.edges, func(e *edge) bool { return e.id == l.edge })
	if at < 0 {
		b.edges = append(b.edges, &edge{id: l.edge, address: g.address, port: l.Port, tls: l.tls(), hosts: map[string]*host{}})
		at = len(b.edges) - 1
	}
	e := b.edges[at]
	if l.serves() && !slices.Contains(e.listeners, l) {
		e.listeners = append(e.listeners, l)
		e.host(l.hostname)
	}
	return e
}

// host finds the site of a hostname, or begins it. It is the closest listener's of those
// that the hostname is one of.
func (e *edge) host(name string) *host {
	h := e.hosts[name]
	if h == nil {
		h = &host{name: name}
		e.hosts[name] = h
	}
	for _, l := range e.listeners {
		if covers(l.hostname, name) && (h.listener == nil || closer(l.hostname, h.listener.hostname)) {
			h.listener = l
		}
	}
	return h
}

// add puts the rules of a route behind hostnames of a listener, but for those that another
// listener is closer to.
func (e *edge) add(l *listener, r *route, hosts []string) {
	for _, name := range hosts {
		h := e.host(name)
		if h.listener != l {
			continue
		}
		for _, rule := range r.rules {
			for _, m := range rule.matches {
				h.ways = append(h.ways, way{m, rule})
			}
		}
	}
}

// inOrder are the ways of a host, the preferred first: the order of the Gateway API. Of
// two that match the same requests the first is left. Ways came by the age of their
// routes, and in the order of their rules.
func (h *host) inOrder() []way {
	ways := slices.Clone(h.ways)
	slices.SortStableFunc(ways, func(a, b way) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(len(b.path), len(a.path)), cmp.Compare(len(b.methods), len(a.methods)),
			cmp.Compare(len(b.headers), len(a.headers)), cmp.Compare(len(b.query), len(a.query)))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(ways, func(w way) bool {
		again := seen[w.key()]
		seen[w.key()] = true
		return again
	})
}

// sorted are the hosts by name.
func (e *edge) sorted() []*host {
	var all []*host
	for _, h := range e.hosts {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *host) int { return strings.Compare(a.name, b.name) })
	return all
}
