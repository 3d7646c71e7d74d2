package render_test

import (
	"slices"
	"strings"
	"testing"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// underEdgegen is the input of an edge whose daemons edgegen runs.
func underEdgegen(edge *site.Edge) render.Input {
	in := input(edge)
	in.Standby = true
	return in
}

// labels are those of the parts, by their file.
func labels(out *render.Output) map[string]string {
	all := make(map[string]string)
	for _, part := range out.Of(site.Varnish).Parts {
		all[part.Name] = part.Label
	}
	return all
}

// differing lists the parts that are not the same in both, or in one alone.
func differing(a, b map[string]string) (names []string) {
	for name, label := range a {
		if b[name] != label {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	return names
}

// TestPartsOnlyForManySites: an edge of usual size has one file that a person
// can read.
func TestPartsOnlyForManySites(t *testing.T) {
	for _, c := range []struct {
		sites int
		parts bool
	}{{1, false}, {49, false}, {200, true}} {
		out := mustRender(t, underEdgegen(manySites(c.sites)))
		if (len(out.Of(site.Varnish).Parts) > 0) != c.parts {
			t.Errorf("%d sites: %d parts", c.sites, len(out.Of(site.Varnish).Parts))
		}
		if byHand := mustRender(t, input(manySites(c.sites))); len(byHand.Of(site.Varnish).Parts) > 0 {
			t.Errorf("%d sites: %d parts, which nobody loads by hand", c.sites, len(byHand.Of(site.Varnish).Parts))
		}
	}
}

// R3: a change in one site changes one part, under a new label.
func TestR3PartsThatChange(t *testing.T) {
	before := mustRender(t, underEdgegen(manySites(300)))
	for _, c := range []struct {
		name       string
		change     func(*site.Edge)
		most       int  // parts that change, or come or go
		generation bool // whether the tier's changes
	}{
		{"nothing", func(*site.Edge) {}, 0, false},
		{"all lines", func(e *site.Edge) {
			for i := range e.Sites {
				e.Sites[i].Source.Line += 5
			}
		}, 0, false},
		{"a header", func(e *site.Edge) { e.Sites[100].Routes[1].ResponseHeaders.Set[0].Value = "y" }, 1, true},
		{"an alias", func(e *site.Edge) { e.Sites[100].Aliases = append(e.Sites[100].Aliases, "another.example.com") }, 3, true},
		{"a site more, at the front", func(e *site.Edge) {
			e.Sites = slices.Insert(e.Sites, 0, placedSite("aaa.example.com", site.Source{File: "site.hcl", Line: 1}))
		}, 3, true},
		{"a site less", func(e *site.Edge) { e.Sites = e.Sites[1:] }, 3, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			edge := manySites(300)
			c.change(edge)
			after := mustRender(t, underEdgegen(edge))
			changed := differing(labels(before), labels(after))
			if len(changed) > c.most || (len(changed) > 0) != c.generation {
				t.Errorf("changed: %v", changed)
			}
			if (after.Of(site.Varnish).Generation != before.Of(site.Varnish).Generation) != c.generation {
				t.Errorf("generation %s after %s", after.Of(site.Varnish).Generation, before.Of(site.Varnish).Generation)
			}
		})
	}
}

// TestPartsHoldEverySite: each in one part, and its hosts in default.vcl.
func TestPartsHoldEverySite(t *testing.T) {
	edge := manySites(120)
	for i := range 2000 {
		edge.Sites[7].Aliases = append(edge.Sites[7].Aliases, "alias-"+strings.Repeat("x", i%50)+".example.com")
	}
	out := mustRender(t, underEdgegen(edge))
	for _, one := range edge.Sites {
		holding := 0
		for _, part := range out.Of(site.Varnish).Parts {
			if strings.Contains(string(part.Data), `X-Edge-Canonical = "`+one.Host+`"`) {
				holding++
			}
		}
		if host := strings.ReplaceAll(one.Host, ".", `\.`); holding != 1 || strings.Count(string(out.Of(site.Varnish).Main().Data), host) < 2 {
			t.Errorf("%s is in %d parts", one.Host, holding)
		}
	}
}

// TestRenderNamesGenerationsThatSitesMention: a value that looks like what
// stands for the generation's name while that is made is left alone.
func TestRenderNamesGenerationsThatSitesMention(t *testing.T) {
	const standIn = "5e0a4f7c91d2b386"
	edge := placedEdge()
	edge.Sites[0].Routes[2].ResponseHeaders.Set[0].Value = standIn
	edge.Sites[0].Maintenance.Page = "/" + standIn
	out := mustRender(t, input(edge))
	for file, data := range map[string][]byte{"default.vcl": out.Of(site.Varnish).Main().Data, "nginx.conf": out.Of(site.Nginx).Main().Data} {
		if !strings.Contains(string(data), "/"+standIn) {
			t.Errorf("%s has lost the value", file)
		}
	}
	if !strings.Contains(string(out.Of(site.Varnish).Main().Data), `"`+out.Of(site.Varnish).Generation+`"`) || !strings.Contains(string(out.Of(site.Nginx).Main().Data), out.Of(site.Nginx).Generation) {
		t.Error("a generation is not named in its file")
	}
}
