package config

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// compare reports whether the site was good.
func (w *world) compare(reader *Reader) bool {
	w.t.Helper()
	got, gotProblems := reader.Load()
	want, wantProblems := loadWhole(w.dir, reader.now)
	fail := func(what, diff string) {
		w.t.Helper()
		if diff != "" {
			w.t.Fatalf("%s (-fresh +reader):\n%s\n%+v", what, diff, w.made)
		}
	}
	fail("diagnostics", cmp.Diff(wantProblems, gotProblems))
	fail("model", cmp.Diff(want.Edge, got.Edge, cmp.Comparer(func(x, y netip.AddrPort) bool { return x == y }),
		cmp.Comparer(func(x, y netip.Prefix) bool { return x == y })))
	fail("files", cmp.Diff(want.Files, got.Files))
	fail("root", cmp.Diff(want.Root, got.Root))
	if got.Edge == nil {
		return false
	}
	for i := range got.Edge.Sites {
		s := &got.Edge.Sites[i]
		x, inWant := want.Pairs(s.TLS)
		y, inGot := got.Pairs(s.TLS)
		if inWant != inGot || !slices.EqualFunc(x, y, func(a, b certificate.Pair) bool { return bytes.Equal(a.PEM, b.PEM) }) {
			w.t.Fatalf("another certificate for %s", s.Host)
		}
		for _, at := range []site.Source{s.Source, s.TLS.Source} {
			fail("place", cmp.Diff(want.Diagnose(at, Error, "s", "r"), got.Diagnose(at, Error, "s", "r")))
		}
	}
	scribble(got.Edge)
	return true
}

// loadWhole loads a site without memory, and without cutting its files.
func loadWhole(path string, now func() time.Time) (*Loaded, Diagnostics) {
	l := newLoader(path, now)
	sources := l.read(path)
	var parsed [][]*piece
	for _, s := range sources {
		parsed = append(parsed, []*piece{{body: l.parseOne(s)}})
	}
	return l.conclude(sources, parsed)
}

// scribble does what the owner of a model may do, and worse.
func scribble(edge *site.Edge) {
	for i := range edge.HTTPS {
		edge.HTTPS[i].Address = netip.AddrPort{}
	}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		for j := range s.Backends {
			for k := range s.Backends[j].Servers {
				s.Backends[j].Servers[k].Host = "scribble"
			}
			s.Backends[j].Name = "scribble"
		}
		for j := range s.Routes {
			s.Routes[j].Path = "scribble"
			if s.Routes[j].Redirect != nil {
				s.Routes[j].Redirect.To = "scribble"
			}
		}
	}
}
