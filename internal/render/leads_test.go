package render_test

import (
	"net/http"
	"testing"

	"edgegen/internal/native"
	"edgegen/internal/site"
)

// TestR2NginxLeadsByItself asks nginx as a cache tier does that serves the configuration
// of before a reload, and knows nothing of where a redirect leads now: it may have led
// the route to an app, and have rewritten the target. Nobody gets a redirect without a
// place, or with an app's: the client asks again.
func TestR2NginxLeadsByItself(t *testing.T) {
	daemon := installed(t, site.Nginx)
	edge := placedEdge()
	routes := []site.Route{
		{Path: "/moved", Redirect: &site.Redirect{To: "/else", Status: 301, Path: "keep", Query: "drop"}},
		{Pattern: "^/u/([0-9]+)$", Redirect: &site.Redirect{To: "/users/{1}", Status: 307, Query: "drop"}},
	}
	edge.Sites[0].Routes = append(routes, edge.Sites[0].Routes...)
	s := stage(t, edge)
	s.accept(t, native.NginxCheck(daemon, s.setup, s.web, s.hear))
	s.run(t, native.NginxProcess(daemon, s.setup, s.web))
	for _, one := range []struct {
		route  int
		path   string
		notes  map[string]string
		status int
		to     string
	}{
		{0, "/moved/x?y", nil, http.StatusTemporaryRedirect, "/moved/x?y"},
		{0, "//evil.example/../moved", nil, http.StatusTemporaryRedirect, "/evil.example/../moved"},
		{0, "/moved/x", map[string]string{site.NoteTarget: "/inner"}, http.StatusTemporaryRedirect, "/moved/x"},
		{1, "/u/7", nil, http.StatusTemporaryRedirect, "/u/7"},
		{0, "/moved/x", map[string]string{site.NoteLeads: "/else/x"}, http.StatusMovedPermanently, "/else/x"},
	} {
		notes := map[string]string{site.NoteRoute: routes[one.route].ID(edge.Sites[0].Host)}
		for name, value := range one.notes {
			notes[name] = value
		}
		r := s.askWith(t, edge.Sites[0].Host, one.path, notes)
		if to := r.Header.Get("Location"); r.StatusCode != one.status || to != one.to {
			t.Errorf("%s, %v: %d to %q, want %d to %q", one.path, one.notes, r.StatusCode, to, one.status, one.to)
		}
	}
}
