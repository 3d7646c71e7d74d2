package decide

import (
	"net/netip"
	"testing"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// TestR2RelayedRouteIsGone asks a web tier as a cache tier does that serves the
// configuration of before a reload. A route that is not there any more is no reason for a
// 404 where another takes the request, unless only the cache tier could have let it in.
func TestR2RelayedRouteIsGone(t *testing.T) {
	routes := []site.Route{
		{Path: "/kept", Redirect: &site.Redirect{To: "/there", Status: 302}},
		{Path: "/inner", Internal: true, Backend: "app"},
		{Path: "/gated", Backend: "app", Access: site.Access{Basic: &site.BasicAuth{}}},
		{Path: "/theirs", Backend: "app", Access: site.Access{Allow: []site.Prefix{{Network: netip.MustParsePrefix("198.51.100.0/24")}}}},
		{Path: "/written", Backend: "app", Methods: []string{"POST"}},
		{Path: "/", Backend: "app"},
	}
	m, err := NewModel(&site.Edge{Limits: site.Limits{BodySize: 1 << 20}, Sites: []site.Site{{Host: "a.test", Routes: routes, Backends: []site.Backend{{Name: "app"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	gone := (&site.Route{Path: "/gone"}).ID("a.test")
	for _, c := range []struct {
		name, path, told string
		turn             Turn
		label            string // of the route
	}{
		{"still there", "/kept/x", routes[5].ID("a.test"), GoesOn, "/"},
		{"another takes it", "/gone/x", gone, GoesOn, "/"},
		{"a redirect takes it", "/kept/x", gone, GoesOn, "/kept"},
		{"nobody may ask", "/inner/x", gone, Inside, "/inner"},
		{"behind a gate", "/gated/x", gone, NoRoute, ""},
		{"for other addresses", "/theirs/x", gone, NoRoute, ""},
		{"for another method", "/written/x", gone, NoRoute, ""},
		{"nothing told", "/x", "", NoRoute, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := Question{Request: wire.Request{Method: "GET", Target: c.path}}
			q.Header.Set("Host", "a.test")
			q.Header.Set("X-Real-IP", "192.0.2.1")
			q.Header.Set(site.NoteRoute, c.told)
			q.Header.Set(site.NoteTarget, "/of-the-other-route")
			q.Host = "a.test"
			q.ReceiveRelayed()
			w := m.DecideRelayed(&q)
			label := ""
			if r := w.Taken(); r != nil {
				label = r.Label()
			}
			if w.Turn != c.turn || label != c.label {
				t.Errorf("%v on %q, want %v on %q", w.Turn, label, c.turn, c.label)
			}
			if c.told == gone && w.Turn == GoesOn && q.Leads != "" {
				t.Errorf("the app is asked for %s, as on the route that is gone", q.Leads)
			}
		})
	}
}
