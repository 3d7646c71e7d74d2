package generation

import (
	"errors"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// L6, L7: a tier is the daemon's whose language there is something in, or it is refused.
func TestBound(t *testing.T) {
	at := site.Source{File: "site.hcl", Line: 7}
	raw := &site.RawTexts{Nginx: site.Raw{{Text: "limit_rate 1k;", Source: at}}}
	for _, c := range []struct {
		name    string
		edge    site.Edge
		flags   Selection
		role    string
		refused string // what is said; "" for nothing
	}{
		{"auto", site.Edge{Engine: site.Engines{Web: site.Auto}}, Selection{}, site.WebTier, ""},
		{"builtin", site.Edge{Engine: site.Engines{Web: site.Builtin}}, Selection{}, site.WebTier, "there is raw text for nginx, and the web tier is builtin"},
		{"builtin by a flag", site.Edge{}, Selection{Roles: map[string]site.Engine{site.WebTier: site.Builtin}}, site.WebTier, "there is raw text for nginx, and the web tier is builtin"},
		{"no template's tier", site.Edge{Engine: site.Engines{Cache: site.Builtin}}, Selection{Templates: []site.Engine{site.Stunnel}}, site.CacheTier, ""},
		{"a template, and the tier is left out", site.Edge{Engine: site.Engines{Cache: site.Off}}, Selection{Templates: []site.Engine{site.Varnish}}, site.CacheTier, "there is a template of your own for varnish, and the cache tier is left out"},
		{"a template, and another daemon", site.Edge{Engine: site.Engines{TLS: site.Nginx, Cache: site.Off}}, Selection{Templates: []site.Engine{site.Stunnel}}, site.TLSTier, "there is a template of your own for stunnel, and the tls tier is nginx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			edge := c.edge
			edge.Sites = []site.Site{{Routes: []site.Route{{Raw: raw}}}}
			found := &config.Findings{Loaded: &config.Loaded{Edge: &edge}}
			c.flags.judge(&edge, found)
			wanted, _ := c.flags.Wanted(&edge, c.role)
			said := ""
			for _, d := range found.All {
				if strings.Contains(d.Summary, "the "+c.role+" tier is") {
					said = d.Summary
				}
			}
			if bond := c.flags.bond(&edge, c.role); said != c.refused || c.refused == "" && bond.Daemon != "" && wanted != bond.Daemon {
				t.Errorf("%q, and %s is wanted: %+v", said, wanted, bond)
			}
		})
	}
}

// L6: a daemon that is not there is told of where it is needed, and any other error
// is not.
func TestBoundToWhatIsMissing(t *testing.T) {
	found := &config.Findings{Loaded: &config.Loaded{}}
	b := Bond{Daemon: site.Nginx, Why: "raw text for nginx", At: site.Source{File: "site.hcl", Line: 7}}
	missing := &native.FindError{Engine: site.Nginx, Problem: native.NotInstalled, Detail: "is not installed"}
	if err := b.missing(missing, found); err != nil || len(found.All) != 1 || found.All[0].Summary != "there is raw text for nginx, and nginx is not installed" || found.All[0].File != "site.hcl" {
		t.Errorf("%v, %+v", err, found.All)
	}
	other := errors.New("something else")
	if err := b.missing(other, found); !errors.Is(err, other) || len(found.All) != 1 {
		t.Errorf("%v, %+v", err, found.All)
	}
	if err := (Bond{}).missing(missing, found); !errors.Is(err, missing) {
		t.Errorf("without a bond: %v", err)
	}
}
