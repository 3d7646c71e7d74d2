package decide

import (
	"crypto/tls"
	"net/netip"
	"strings"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// Model is a site model prepared for deciding. It is immutable, and may be used
// from any goroutine.
type Model struct {
	hosts
	edge    *site.Edge
	largest int64  // body that any route takes
	port    string // of a redirect, with the colon
	trusted []netip.Prefix
}

// Host is a name that a site answers to.
type Host struct {
	Name   string // as the site writes it; of a default site, its canonical host
	Site   *site.Site
	Index  int    // of Site in Edge.Sites
	Alias  bool   // it is led to the canonical host
	Lowest uint16 // the lowest version of TLS that it may be asked with
	// asked makes the redirects of a host keep the name that the client asked for.
	asked bool
	table *routing.Table
	ids   []string // of its routes
	// base is what a redirect to the canonical host starts with.
	base string
}

// NewModel prepares a model. It fails for a route that no model from config holds.
func NewModel(edge *site.Edge) (*Model, error) {
	m := &Model{edge: edge, hosts: noHosts(), largest: edge.LargestBody()}
	for _, p := range edge.Trusted {
		m.trusted = append(m.trusted, p.Network)
	}
	if len(edge.HTTPS) > 0 {
		m.port = edge.RedirectPort()
	}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		h := Host{Name: s.Host, Site: s, Index: i, Lowest: MinVersion(s), base: "https://" + site.URLHost(s.Host) + m.port}
		var err error
		if h.table, err = routing.NewTable(s); err != nil {
			return nil, err
		}
		for n := range s.Routes {
			h.ids = append(h.ids, s.Routes[n].ID(s.Host))
		}
		m.claim(h)
	}
	return m, nil
}

// MinVersion is the lowest version of TLS that a site takes.
func MinVersion(s *site.Site) uint16 {
	if s.TLS.MinVersion == "1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}

// Route finds the route of a request whose Path is known, by its place in
// Site.Routes; -1 where there is none.
func (h *Host) Route(q *Question) int {
	return h.table.Find(q.toRoute())
}

// Otherwise is the route that a request would take if the one that it takes were not
// there; -1 for none. Passed are the routes before the taken one whose path fits too, and
// whose match does not.
func (h *Host) Otherwise(q *Question, taken int) (next int, passed []int) {
	return h.table.FindFrom(taken+1, q.toRoute()), h.table.Passed(q.toRoute())
}

// toRoute is what a route is found by.
func (q *Question) toRoute() routing.Request {
	_, query, _ := strings.Cut(q.Target, "?")
	return routing.Request{Method: q.AsksBy(), Path: q.Path, Query: query, Header: &q.Header}
}

// Go finds the way of a request whose path is known, as far as the route.
func (h *Host) Go(q *Question) Way {
	w := Way{Host: h, Route: h.Route(q)}
	if w.Route >= 0 {
		q.Leads = h.table.Target(w.Route, q.Path, q.Target)
	}
	return w
}

// Variant is what a response of a route is stored under beside its URL: requests for
// one URL may take several routes. It is "" where they cannot.
func (h *Host) Variant(route int) string {
	if route < 0 || !h.Site.Routes[route].ByHeader() {
		return ""
	}
	return h.ids[route]
}

// Variants are those of all routes, each once.
func (h *Host) Variants() []string {
	variants := []string{""}
	for i := range h.ids {
		if one := h.Variant(i); one != "" {
			variants = append(variants, one)
		}
	}
	return variants
}

// Trusts reports whether what a peer says of its clients is believed.
func (m *Model) Trusts(a netip.Addr) bool {
	for _, p := range m.trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
