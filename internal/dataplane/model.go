package dataplane

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/site"
)

// model is a Model prepared for serving. It is immutable.
type model struct {
	edge       *site.Edge
	generation string
	hosts      map[string]*host // what sites claim by its whole name
	beneath    map[string]*host // by what follows the one label that a wildcard stands for
	other      *host            // for hosts that no site claims; nil where no site is the default
	port       string           // of a redirect, with the colon
	trusted    []netip.Prefix
	groups     map[string]*upstream.Group // by site.BackendID
	watched    map[string]*upstream.Group // likewise; they are not the plane's
	tls        *tlsModel
	storage    *storage         // nil without the cache tier
	store      *httpcache.Store // the storage's
	private    *static.Private
}

type host struct {
	name  string
	site  *site.Site
	alias bool
	// asked has a redirect keep the host that a client asked for.
	asked bool
	// lowest is the lowest version of TLS that it may be asked with.
	lowest uint16
	// base is what a redirect to the canonical host starts with.
	base   string
	routes []route
}

// route is a site.Route with what it refers to.
type route struct {
	*site.Route
	group  *upstream.Group // nil where there is no backend
	policy httpcache.Policy
}

// newModel prepares what a Model says. Servers of backends that old has too
// are kept, with their connections.
func newModel(from Model, roles Roles, old *model, outer *tls.Config) (*model, error) {
	edge := from.Edge
	m := &model{edge: edge, generation: from.Generation, hosts: make(map[string]*host, 2*len(edge.Sites)), beneath: map[string]*host{}, groups: map[string]*upstream.Group{}, watched: from.Watched,
		private: static.NewPrivate(from.Private)}
	for _, p := range edge.Trusted {
		m.trusted = append(m.trusted, p.Network)
	}
	if len(edge.HTTPS) > 0 {
		m.port = edge.RedirectPort()
	}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		routes, err := m.routes(s, old)
		if err != nil {
			return nil, err
		}
		h := host{name: s.Host, site: s, lowest: minVersion(s), base: "https://" + site.URLHost(s.Host) + m.port, routes: routes}
		m.claim(h)
	}
	if roles.TLS && !edge.Plain() {
		t, err := newTLSModel(edge, from.Certificates, roles.protocols(), outer)
		if err != nil {
			return nil, err
		}
		m.tls = t
	}
	return m, nil
}

// claim has a site answer for its names.
func (m *model) claim(h host) {
	m.hosts[h.name] = &h
	for _, name := range h.site.Aliases {
		alias := h
		alias.name, alias.alias = name, true
		m.hosts[name] = &alias
	}
	asked := h
	asked.asked = true
	for _, name := range h.site.Hosts {
		if parent, wildcard := site.Beneath(name); wildcard {
			m.beneath[parent] = &asked
		} else {
			m.hosts[name] = &asked
		}
	}
	if h.site.Default {
		m.other = &asked
	}
}

func (m *model) routes(s *site.Site, old *model) ([]route, error) {
	var out []route
	for i := range s.Routes {
		r := route{Route: &s.Routes[i], policy: httpcache.Policy{TTL: s.Routes[i].TTL, HasTTL: s.Routes[i].HasTTL,
			Heuristic: s.Cache.Heuristic, Grace: s.Cache.Grace, StaleIfError: s.Cache.StaleIfError}}
		if r.Backend != "" {
			b, ok := s.BackendByName(r.Backend)
			if !ok {
				return nil, fmt.Errorf("site %s: route %s: no backend %q", s.Host, r.Path, r.Backend)
			}
			r.group = m.group(s.Host, b, old)
		}
		out = append(out, r)
	}
	return out, nil
}

func (m *model) group(host string, b *site.Backend, old *model) *upstream.Group {
	id := site.BackendID(host, b.Name)
	if g := m.watched[id]; g != nil {
		return g
	}
	if g := m.groups[id]; g != nil {
		return g
	}
	addresses := make([]upstream.Address, 0, len(b.Servers))
	for _, s := range b.Servers {
		network, address := s.Address()
		at := upstream.Address{Network: network, Address: address}
		if all := s.Addresses(); len(all) > 1 {
			at.First, at.Second = all[0], all[1]
		}
		addresses = append(addresses, at)
	}
	var before *upstream.Group
	if old != nil {
		before = old.groups[id]
	}
	g := before.With(addresses)
	m.groups[id] = g
	return g
}

// retire closes the servers that the other model does not use; nil uses none.
func (m *model) retire(other *model) {
	for id, g := range m.groups {
		if other == nil {
			g.Close()
		} else {
			g.CloseExcept(other.groups[id])
		}
	}
}

// host finds the host of an authority, whatever its case, port and trailing
// dot; nil where no site claims it.
func (m *model) host(authority string) *host {
	if h := m.hosts[authority]; h != nil {
		return h
	}
	name := hostOf(authority)
	bare := strings.Trim(name, "[]")
	if h := m.hosts[bare]; h != nil {
		return h
	}
	if label, parent, ok := strings.Cut(bare, "."); ok && m.beneath[parent] != nil && isLabel(label) {
		return m.beneath[parent]
	}
	if m.other != nil && isHost(name) {
		return m.other
	}
	return nil
}

// hostOf is the host of an authority in lower case, without port and trailing dot.
func hostOf(authority string) string {
	name := authority
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") {
		name = name[:i]
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// isLabel reports whether a wildcard can stand for it.
func isLabel(label string) bool {
	return label != "" && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// isHost reports whether it can be a host's name, or an address.
func isHost(name string) bool {
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && strings.Trim(inner, "0123456789abcdef:.") == ""
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

// route finds the longest route that a decoded path is in.
func (h *host) route(path string) *route {
	for i := range h.routes {
		r := &h.routes[i]
		if r.Path == "/" || strings.HasPrefix(path, r.Path) && (len(path) == len(r.Path) || path[len(r.Path)] == '/') {
			return r
		}
	}
	return nil
}

func (m *model) isTrusted(a netip.Addr) bool {
	for _, p := range m.trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
