package site

import (
	"net/netip"
	"testing"
)

func model() *Edge {
	return &Edge{
		HTTPS: []Listener{{Address: netip.MustParseAddrPort("127.0.0.1:443")}},
		Sites: []Site{{
			Host: "a.test", Aliases: []string{"b.test", "c.test"},
			Routes: []Route{{Path: "/", Static: &Static{Root: "/srv"}, Source: Source{File: "site.hcl", Line: 7}}},
		}},
	}
}

func TestMeaning(t *testing.T) {
	same := model().Meaning()
	for _, c := range []struct {
		name    string
		change  func(*Edge)
		changes bool
	}{
		{"nothing", func(*Edge) {}, false},
		{"a line", func(e *Edge) { e.Sites[0].Routes[0].Source.Line++ }, false},
		{"an address", func(e *Edge) { e.HTTPS[0].Address = netip.MustParseAddrPort("127.0.0.1:444") }, true},
		{"a flag", func(e *Edge) { e.Sites[0].Routes[0].HasTTL = true }, true},
		{"a pointer", func(e *Edge) { e.Sites[0].Routes[0].Static = nil }, true},
		{"below a pointer", func(e *Edge) { e.Sites[0].Routes[0].Static.Root = "/srv/" }, true},
		{"where a list is cut", func(e *Edge) { e.Sites[0].Aliases = []string{"b.testc.test"} }, true},
		{"a value that moves on", func(e *Edge) { e.Sites[0].Host, e.Sites[0].Aliases = "", []string{"a.test", "b.test", "c.test"} }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			edge := model()
			c.change(edge)
			if got := edge.Meaning(); (got != same) != c.changes {
				t.Errorf("%s after %s", got, same)
			}
		})
	}
}
