package render_test

import (
	"fmt"
	"testing"

	"edgegen/internal/native"
	"edgegen/internal/site"
)

// manySites is an edge of n sites with three routes each, one of which pipes
// WebSockets.
func manySites(n int) *site.Edge {
	edge := placedEdge()
	edge.Sites = nil
	at := site.Source{File: "site.hcl", Line: 1}
	for i := range n {
		one := placedSite(fmt.Sprintf("site-%05d.example.com", i), at)
		one.Routes = append(one.Routes[:1:1], one.Routes[2:]...)
		edge.Sites = append(edge.Sites, one)
	}
	return edge
}

// BenchmarkRender renders 1,000 sites with three routes each.
func BenchmarkRender(b *testing.B) {
	edge := manySites(1000)
	b.ReportAllocs()
	for b.Loop() {
		mustRender(b, input(edge))
	}
}

// TestDaemonsAcceptManySites: neither daemon has a limit that hundreds of sites
// would meet.
func TestDaemonsAcceptManySites(t *testing.T) {
	if testing.Short() {
		t.Skip("not covered in short tests: hundreds of sites take the compiler a while")
	}
	edge := manySites(100)
	edge.User = ""
	for _, s := range edge.Sites {
		s.Backends[1].Servers[0] = s.Backends[0].Servers[0] // whose socket need not be there
	}
	varnish, nginx := installed(t, site.Varnish), installed(t, site.Nginx)
	s := stage(t, edge)
	s.accept(t, native.NginxCheck(nginx, s.setup, s.web, s.hear))
	s.acceptVCL(t, varnish, false)
}
