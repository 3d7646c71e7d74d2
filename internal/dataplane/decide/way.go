package decide

import (
	"cmp"
	"net/http"
	"slices"

	"edgegen/internal/site"
)

// Pages is asked whether a maintenance page is there, each time, so that the page
// counts from when it is there.
type Pages interface{ HasPage(path string) bool }

// Decide finds the way of a request that Receive has let through: what the cache
// tier decides.
func (m *Model) Decide(q *Question, pages Pages) Way {
	if q.Method == site.PurgeMethod {
		if w, ok := m.purges(q); ok {
			return w
		}
	}
	if !m.edge.Takes(q.AsksBy()) {
		return m.untaken(q, pages)
	}
	w := m.received(q)
	switch w.Turn {
	case GoesOn:
	case BodyTooLarge:
		m.find(q, &w, pages)
		return w
	default:
		return w
	}
	switch s := w.Host.Site; {
	case q.TLS != 0 && q.TLS < w.Host.Lowest: // RFC 9110, 15.5.20
		w.Turn = LowTLS
	case w.Host.Alias || q.ToldHTTP && m.edge.Plain():
		w.Turn, w.Location = ToCanonical, m.toCanonical(q, w.Host)
	case s.Maintenance != nil && pages.HasPage(s.Maintenance.Page):
		w.Turn = Maintained
	default:
		m.onRoute(q, &w)
	}
	return w
}

// onRoute finds the route, and whether it takes the request.
func (m *Model) onRoute(q *Question, w *Way) {
	if w.Host.table.TooLong(q.Path) {
		w.Turn = PathTooLong
		return
	}
	if w.Route = w.Host.Go(q).Route; w.Route < 0 {
		w.Turn = NoRoute
		return
	}
	switch r := &w.Host.Site.Routes[w.Route]; {
	case r.Internal:
		w.Turn = Inside
	case q.Length > m.BodySize(r):
		w.Turn = BodyTooLarge
	case !r.Takes(q.AsksBy()):
		w.Turn, w.Allow = MethodNotTaken, r.Allowed()
	case !r.Access.Admits(q.Client):
		w.Turn = Denied
	case r.WebSocket && r.Backend != "" && q.WantsWebSocket():
		w.Flaw = q.Handshake()
		w.Turn = w.Flaw.turn()
	case q.Tunnel, q.Carried:
		w.Turn, w.Allow = NoTunnel, site.UsualMethods()
	}
}

// DecideRelayed is Decide for a web tier that a native cache tier asks, which has
// decided the rest.
func (m *Model) DecideRelayed(q *Question) Way {
	w := m.received(q)
	if w.Turn != GoesOn {
		return w
	}
	if w.Route = slices.Index(w.Host.ids, q.Told); w.Route < 0 && q.Told != "" {
		w.Route = w.Host.instead(q)
	}
	if w.Route < 0 && w.Host.Site.Maintenance == nil {
		w.Turn = NoRoute
	}
	if r := w.Taken(); r != nil && r.Redirect != nil {
		q.Leads = q.redirects
	}
	if w.Route >= 0 && q.Leads == "" {
		q.Leads = w.Host.table.Target(w.Route, q.Path, q.Target)
	}
	switch r := w.Taken(); {
	case r == nil:
	case r.Internal:
		w.Turn = Inside
	case q.Length > m.BodySize(r):
		w.Turn = BodyTooLarge
	}
	return w
}

// instead finds the route of a request for which the cache tier names one that is not
// there: in the middle of a reload it serves the configuration of before. It is -1 where
// only the cache tier could say whether the request may come in.
func (h *Host) instead(q *Question) int {
	route := h.Route(q)
	if route < 0 {
		return -1
	}
	r := &h.Site.Routes[route]
	if r.Access.Gated() || !r.Access.Admits(q.Client) || !r.Takes(q.AsksBy()) {
		return -1
	}
	q.Leads, q.redirects = "", "" // they are of the other route
	return route
}

// Largest is how many bytes that is on the most generous route.
func (m *Model) Largest() int64 { return m.largest }

// BodySize is how many bytes the body of a request on a route may have.
func (m *Model) BodySize(r *site.Route) int64 { return cmp.Or(r.BodySize, m.edge.Limits.BodySize) }

// DecidePlain is Decide for a plain listener on which no site is served.
func (m *Model) DecidePlain(q *Question) Way {
	w := m.received(q)
	if w.Turn != GoesOn {
		return w
	}
	w.Turn, w.Location = ToCanonical, m.toCanonical(q, w.Host)
	return w
}

// received is admit, and then the host that is asked for.
func (m *Model) received(q *Question) Way {
	w := m.admit(q)
	if w.Turn != GoesOn {
		return w
	}
	if w.Host = m.Host(q.Host); w.Host == nil {
		return Way{Turn: Unclaimed, Route: -1}
	}
	return w
}

// admit checks what any tier checks first: method, size, path. It also answers requests
// for edge.health_path.
func (m *Model) admit(q *Question) Way {
	w := Way{Route: -1}
	switch {
	case !q.Tunnel && !m.edge.Takes(q.Method):
		w.Turn, w.Allow = UnknownMethod, site.UsualMethods()
	case q.Length > m.largest: // no route takes so much
		w.Turn = BodyTooLarge
	case q.Target == "*":
		w.Turn, w.Allow = AboutServer, site.UsualMethods()
	case m.asksHealth(q):
		w.Turn = Health
	default:
		var status int
		switch q.Path, status = DecodePath(q.Target); status {
		case http.StatusOK:
		case http.StatusBadRequest:
			w.Turn = BrokenPath
		default:
			w.Turn = Climbs
		}
	}
	return w
}

// untaken is a method that no route takes: the answer names those that this one
// takes.
func (m *Model) untaken(q *Question, pages Pages) Way {
	w := Way{Turn: UnknownMethod, Route: -1, Allow: site.UsualMethods()}
	if m.find(q, &w, pages); w.Route >= 0 {
		w.Allow = w.Taken().Allowed()
	}
	return w
}

// find finds, for a request that is refused, the route to which it would have come.
func (m *Model) find(q *Question, w *Way, pages Pages) {
	var status int
	if q.Path, status = DecodePath(q.Target); status != http.StatusOK {
		return
	}
	h := m.Host(q.Host)
	if w.Host = h; h == nil || h.Alias || q.TLS != 0 && q.TLS < h.Lowest || h.table.TooLong(q.Path) {
		return
	}
	if h.Site.Maintenance == nil || !pages.HasPage(h.Site.Maintenance.Page) {
		w.Route = h.Route(q)
	}
}
