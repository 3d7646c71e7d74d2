package render_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/site"
)

// TestM1Parts holds which part of the VCL a host comes to against the site that builtin
// tiers find: a whole name goes before a wildcard, also where that is of another part,
// and both before the default.
func TestM1Parts(t *testing.T) {
	edge := manySites(200)
	for i := range edge.Sites {
		s := &edge.Sites[i]
		s.Hosts = append(s.Hosts, fmt.Sprintf("*.wild%d.test", i), fmt.Sprintf("own.wild%d.test", (i+77)%200))
	}
	edge.Sites[7].Default = true
	out := mustRender(t, underEdgegen(edge)).Of(site.Varnish)
	model, err := decide.NewModel(edge)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Parts) < 2 {
		t.Fatalf("%d parts", len(out.Parts))
	}
	serves := map[string]string{} // the text of a part, by its label
	for _, part := range out.Parts {
		serves[part.Label] = string(part.Data)
	}
	all := steps(string(out.Main().Data))
	for i := range 200 {
		for _, host := range []string{fmt.Sprintf("x.wild%d.test", i), fmt.Sprintf("own.wild%d.test", i), fmt.Sprintf("a_b-c.wild%d.test", i),
			fmt.Sprintf("y.x.wild%d.test", i), fmt.Sprintf("wild%d.test", i), edge.Sites[i].Host, "x." + edge.Sites[i].Host, "nobody.test"} {
			want := model.Host(host)
			if label := dispatched(all, host); !strings.Contains(serves[label], "\n# "+want.Site.Host+", ") {
				t.Errorf("%s comes to %s, which does not have %s", host, label, want.Site.Host)
			}
		}
	}
}

// step is one of the tests by which default.vcl hands a host on.
type step struct {
	fits  *regexp.Regexp // nil for any
	label string
}

func steps(vcl string) (all []step) {
	_, vcl, _ = strings.Cut(vcl, "set req.http.X-Edge-Host")
	for _, found := range regexp.MustCompile(`(?:X-Edge-Host ~ "([^"\n]*)"\)[^\n]*\n\s*)?return \(vcl\(([a-z0-9_]+)\)\)`).FindAllStringSubmatch(vcl, -1) {
		one := step{label: found[2]}
		if found[1] != "" {
			one.fits = regexp.MustCompile(found[1])
		}
		all = append(all, one)
	}
	return all
}

// dispatched is the label that a host is handed to.
func dispatched(all []step, host string) string {
	for _, one := range all {
		if one.fits == nil || one.fits.MatchString(host) {
			return one.label
		}
	}
	return ""
}
