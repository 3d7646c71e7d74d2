package render

import (
	"strings"
	"testing"
	"testing/fstest"

	"edgegen/internal/site"
)

// Every function that a template may call is told of, and no other.
func TestFunctionWords(t *testing.T) {
	words := functionWords()
	for name := range functions(&placeholder{}) {
		if words[name] == "" {
			t.Errorf("nothing is said of the function %s", name)
		}
		delete(words, name)
	}
	for name := range words {
		t.Errorf("there is no function %s", name)
	}
}

// One that stands within another is taken too.
func TestOwnTemplateWithin(t *testing.T) {
	own := header{templates: fstest.MapFS{"varnish/limit.c.tmpl": {Data: []byte("/* own */")}}}
	program, err := own.program("varnish/default.vcl.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	if got := program.text.Lookup("limit.c.tmpl").Root.String(); got != "/* own */" {
		t.Errorf("%.80q", got)
	}
}

// A template of one's own stands in the place of that of its name alone.
func TestOwnTemplates(t *testing.T) {
	edge := &site.Edge{Sites: []site.Site{{Host: "a.test"}}}
	in := Input{Edge: edge, Layout: Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}, Version: "1", Origin: "site.hcl",
		Tiers:     site.Engines{TLS: site.Builtin, Cache: site.Builtin, Web: site.Nginx},
		Templates: fstest.MapFS{"nginx/nginx.conf.tmpl": {Data: []byte("own {{ range .Sites }}{{ .Host | nginxword }};{{ end }}\n")}}}
	out, err := Render(in)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(out.Of(site.Nginx).Main().Data); got != "own a.test;\n" {
		t.Errorf("%q", got)
	}
	if got := string(out.Of(site.Nginx).Files[1].Data); !strings.Contains(got, "edgegen 1;") {
		t.Errorf("what it includes is not edgegen's own: %.80q", got)
	}
}
