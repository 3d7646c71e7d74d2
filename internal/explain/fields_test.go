package explain

import (
	"slices"
	"strings"
	"testing"

	"edgegen/internal/site"
)

// TestV1DefaultFields holds that a default is foretold for the edge's own answers, and
// told of where an app may say the field itself.
func TestV1DefaultFields(t *testing.T) {
	const text = `site "a.test" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/" {
    backend = "app"
    request_headers { default = { "X-Stage" = "live" } }
    response_headers { default = { "Referrer-Policy" = "origin" } }
  }
  route "/files" {
    static { root = "public" }
    response_headers { default = { "Cache-Control" = "max-age=60", "Content-Type" = "text/x-none", "Referrer-Policy" = "origin" } }
  }
}
`
	e := servedBy(t, questioned(t), text, site.Engines{TLS: site.Builtin, Cache: site.Builtin, Web: site.Builtin})
	explained := func(url string, fields ...string) *Explanation {
		r, err := Ask(Asked{Method: "GET", URL: url, Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		return e.Explain(r)
	}
	value := func(fields []Field, name string) string {
		at := slices.IndexFunc(fields, func(f Field) bool { return strings.EqualFold(f.Name, name) })
		if at < 0 {
			return ""
		}
		return fields[at].Value + " " + fields[at].Source
	}
	app := explained("https://a.test/x")
	if got := value(app.AnswerHeaders, "Referrer-Policy"); got != "" {
		t.Errorf("an app's answer has Referrer-Policy %q for certain", got)
	}
	if !slices.ContainsFunc(app.Steps, func(s Step) bool {
		return s.Says == "Referrer-Policy: origin is added where app says no Referrer-Policy" && s.Source == "site.hcl:7"
	}) {
		t.Errorf("nothing is told of the default: %+v", app.Steps)
	}
	if got := value(app.AppHeaders, "X-Stage"); got != "live site.hcl:6" {
		t.Errorf("the app gets X-Stage %q", got)
	}
	if got := value(explained("https://a.test/x", "X-Stage: test").AppHeaders, "X-Stage"); got != "test " {
		t.Errorf("the app gets X-Stage %q, and the client has said another", got)
	}
	missing := explained("https://a.test/files/none")
	for name, want := range map[string]string{"Referrer-Policy": "origin site.hcl:11", "Cache-Control": "", "Content-Type": "text/plain; charset=utf-8 "} {
		if got := value(missing.AnswerHeaders, name); got != want {
			t.Errorf("a 404 has %s %q, and not %q", name, got, want)
		}
	}
}
