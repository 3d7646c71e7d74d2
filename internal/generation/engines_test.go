package generation

import (
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// T1, T2, T3: what a site leaves out no flag brings back, and nginx ends TLS where it is
// named for that and nothing is stored.
func TestTiersLeftOut(t *testing.T) {
	flag := func(text string) Selection {
		selection, err := ParseSelection(text)
		if err != nil {
			t.Fatal(err)
		}
		return selection
	}
	for _, c := range []struct {
		name, role string
		engines    site.Engines
		selection  Selection
		want       site.Engine
		refused    bool
	}{
		{"tls, and every tier is to be native", site.TLSTier, site.Engines{TLS: site.Off}, flag("native"), site.Off, false},
		{"tls, and every tier is to be builtin", site.TLSTier, site.Engines{TLS: site.Off}, flag("builtin"), site.Off, false},
		{"tls, and it is named", site.TLSTier, site.Engines{TLS: site.Off}, flag("tls=stunnel"), site.Off, false},
		{"cache", site.CacheTier, site.Engines{Cache: site.Off}, Selection{}, site.Off, false},
		{"cache, by a flag", site.CacheTier, site.Engines{Cache: site.Varnish}, flag("cache=off"), site.Off, false},
		{"nginx beside a cache", site.TLSTier, site.Engines{TLS: site.Nginx, Cache: site.Varnish}, Selection{}, site.Builtin, true},
		{"nginx beside a cache, by a flag", site.TLSTier, site.Engines{Cache: site.Builtin}, flag("tls=nginx"), site.Builtin, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			edge := &site.Edge{Engine: c.engines, Sites: []site.Site{{}}}
			found := &config.Findings{Loaded: &config.Loaded{Edge: edge}}
			chosen, err := c.selection.Choose(t.Context(), edge, c.role, found)
			if err != nil || chosen.Engine != c.want || chosen.Reason == "" || found.All.HasErrors() != c.refused {
				t.Errorf("%+v, %v, %v", chosen, found.All, err)
			}
		})
	}
}

func TestParseSelection(t *testing.T) {
	all := func(engine site.Engine) map[string]site.Engine {
		return map[string]site.Engine{site.TLSTier: engine, site.CacheTier: engine, site.WebTier: engine}
	}
	for _, c := range []struct {
		text   string
		native bool
		roles  map[string]site.Engine // nil where the text is refused
	}{
		{"", false, map[string]site.Engine{}},
		{"native", true, map[string]site.Engine{}},
		{"auto", false, all(site.Auto)},
		{"builtin", false, all(site.Builtin)},
		{"tls=builtin", false, map[string]site.Engine{site.TLSTier: site.Builtin}},
		{"tls=stunnel, cache=varnish,web=nginx", false, map[string]site.Engine{site.TLSTier: site.Stunnel, site.CacheTier: site.Varnish, site.WebTier: site.Nginx}},
		{"web=auto", false, map[string]site.Engine{site.WebTier: site.Auto}},
		{"tls=nginx,cache=off", false, map[string]site.Engine{site.TLSTier: site.Nginx, site.CacheTier: site.Off}},
		{"tls=varnish", false, nil},
		{"tls=off", false, nil},
		{"tls", false, nil},
		{"tls=", false, nil},
		{"=builtin", false, nil},
		{"proxy=builtin", false, nil},
		{"tls=builtin,", false, nil},
		{"Native", false, nil},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := ParseSelection(c.text)
			if (err != nil) != (c.roles == nil) {
				t.Fatal(err)
			}
			if got.Native != c.native || len(got.Roles) != len(c.roles) {
				t.Errorf("%+v", got)
			}
			for role, engine := range c.roles {
				if got.Roles[role] != engine {
					t.Errorf("%s is %q", role, got.Roles[role])
				}
			}
		})
	}
}
