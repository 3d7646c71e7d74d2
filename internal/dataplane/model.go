package dataplane

import (
	"crypto/tls"
	"fmt"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/certificate"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/sitetls"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/storage"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/site"
)

// model is a Model prepared for serving. It is immutable.
type model struct {
	edge       *site.Edge
	decide     *decide.Model
	generation string
	routes     [][]route                    // of each of edge.Sites, as they have them
	groups     map[string]*upstream.Group   // by site.BackendID
	patience   map[string]upstream.Timeouts // likewise
	outlasting time.Duration                // longer than anything that the cache tier waits for
	watched    map[string]*upstream.Group   // likewise; they are not the plane's
	handing    map[string]*decide.Host      // likewise; those whose apps may lead requests on
	tls        *sitetls.Model
	clients    map[string]*certificate.Clients // of the sites that ask clients for a certificate, by their hosts
	byID       map[string]*route               // those that compress, by their IDs
	storage    *storage.Storage                // nil without the cache tier
	store      *httpcache.Store                // the storage's
	private    *static.Private
	away       func() bool // Options.Away
	altSvc     string      // "" where HTTP/3 is not spoken
}

// isAway reports whether load balancers are to send nobody here.
func (m *model) isAway() bool { return m.away != nil && m.away() }

// route is a site.Route with what it refers to.
type route struct {
	*site.Route
	id         string
	way        accesslog.Way
	variant    string // that its responses are stored under
	bodySize   int64
	host       string // what the app is asked for by Host; "" for what the client has sent
	patience   upstream.Timeouts
	group      *upstream.Group // nil where there is no backend
	policy     httpcache.Policy
	gatekeeper *gatekeeper  // nil where whoever has the right address comes in
	handing    *decide.Host // nil where no app of the site may lead requests on
}

// newModel prepares what a Model says. Servers of backends that old has too
// are kept, with their connections.
func newModel(from Model, roles Roles, keeper *gate.Keeper, old *model, outer *tls.Config) (*model, error) {
	edge := from.Edge
	decides, err := decide.NewModel(edge)
	if err != nil {
		return nil, err
	}
	m := &model{edge: edge, altSvc: edge.AltSvc(), decide: decides, generation: from.Generation, groups: map[string]*upstream.Group{}, patience: patienceOf(edge), byID: map[string]*route{}, handing: handingHosts(edge, decides), watched: from.Watched,
		private: static.NewPrivate(from.Private), clients: map[string]*certificate.Clients{}}
	m.outlasting = outlasting(edge.Timeout, m.patience)
	if err := m.addClients(old); err != nil {
		return nil, err
	}
	for i := range edge.Sites {
		routes, err := m.routesOf(&edge.Sites[i], keeper, old)
		if err != nil {
			return nil, err
		}
		m.routes = append(m.routes, routes)
		for j := range routes {
			if routes[j].Compress != nil {
				m.byID[routes[j].id] = &routes[j]
			}
		}
	}
	if roles.TLS && !edge.Plain() {
		t, err := sitetls.New(edge, from.Certificates, m.clients, sitetls.Protocols(edge), from.TicketSecret, outer)
		if err != nil {
			return nil, err
		}
		m.tls = t
	}
	return m, nil
}

func (m *model) routesOf(s *site.Site, keeper *gate.Keeper, old *model) ([]route, error) {
	var out []route
	for i := range s.Routes {
		r := route{Route: &s.Routes[i], id: s.Routes[i].ID(s.Host), way: accesslog.Way{Site: s.Host, Route: s.Routes[i].Label(), Backend: s.Routes[i].Backend},
			bodySize: m.decide.BodySize(&s.Routes[i]), policy: httpcache.PolicyOf(s, &s.Routes[i])}
		r.gatekeeper = m.gatekeeperOf(s, r.Route, r.id, keeper, old)
		if r.ByHeader() {
			r.variant = r.id
		}
		if r.Backend != "" {
			b, ok := s.BackendByName(r.Backend)
			if !ok {
				return nil, fmt.Errorf("site %s: route %s: no backend %q", s.Host, r.Label(), r.Backend)
			}
			r.host, r.patience = b.Host, m.patience[site.BackendID(s.Host, b.Name)]
			r.group = m.group(s.Host, b, old)
			r.handing = m.handing[site.BackendID(s.Host, b.Name)]
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

// route is the route that a way leads to; nil if it leads to none.
func (m *model) route(w decide.Way) *route {
	if w.Host == nil || w.Route < 0 {
		return nil
	}
	return &m.routes[w.Host.Index][w.Route]
}
