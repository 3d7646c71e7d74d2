package generation

import (
	"testing"

	"edgegen/internal/site"
)

func TestParseSelection(t *testing.T) {
	all := func(engine site.Engine) map[string]site.Engine {
		return map[string]site.Engine{RoleTLS: engine, RoleCache: engine, RoleWeb: engine}
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
		{"tls=builtin", false, map[string]site.Engine{RoleTLS: site.Builtin}},
		{"tls=stunnel, cache=varnish,web=nginx", false, map[string]site.Engine{RoleTLS: site.Stunnel, RoleCache: site.Varnish, RoleWeb: site.Nginx}},
		{"web=auto", false, map[string]site.Engine{RoleWeb: site.Auto}},
		{"tls=nginx", false, nil},
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
