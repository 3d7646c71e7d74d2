package render_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// placesOfText are those of a site file that take a text of the owner's own.
func placesOfText() []string {
	return []string{
		`route %s { backend = "app" }`,
		`route "/a" { redirect { to = %s } }`,
		`route "~ ^/(?<id>.)" { redirect { to = %s } }`,
		`route "/a" {
			rewrite {
				pattern     = "^/a/([0-9])"
				replacement = %s
			}
			backend = "app"
		}`,
		`route "/a" {
			match { headers = { "X-A" = %s } }
			backend = "app"
		}`,
		`route "/a" {
			match { query = { (%s) = "v" } }
			backend = "app"
		}`,
		`route "/a" {
			request_headers { set = { "X-A" = %s } }
			backend = "app"
		}`,
		`route "/a" {
			response_headers { set = { (%s) = "v" } }
			backend = "app"
		}`,
		`route "/a" {
			static {
				root      = "."
				try_files = [%s]
			}
		}`,
		`route "/a" {
			static {
				root  = "."
				index = [%s]
			}
		}`,
		`cache { ignore_cookies = [%s] }`,
		`aliases = [%s]`,
		`hosts = [%s]`,
		`maintenance { page = %s }`,
		`backend "other" { servers = [%s] }`,
		`backend %s { servers = ["127.0.0.1:5001"] }`,
		`backend "other" {
			servers = ["127.0.0.1:5001"]
			host    = %s
		}`,
	}
}

// hostileSite loads a site with the text in one of its places; nil where it is
// refused.
func hostileSite(t *testing.T, dir string, place int, text string) *site.Edge {
	t.Helper()
	quoted := string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
	written := fmt.Sprintf("site \"a.test\" {\n  tls { self_signed = true }\n  backend \"app\" { servers = [\"127.0.0.1:5000\"] }\n  route \"/b\" { backend = \"app\" }\n"+placesOfText()[place]+"\n}\n", quoted)
	file := filepath.Join(dir, "site.hcl")
	reader := config.NewReader(file, nil)
	reader.Hold(file, []byte(written))
	loaded, _ := reader.Load()
	return loaded.Edge
}

// directives lists the names that a rendering's files give to what they say.
func directives(t *testing.T, out *render.Output) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range out.Of(site.Nginx).Files {
		statements, err := nginxStatements(string(file.Data))
		if err != nil {
			t.Fatalf("%s: %v", file.Name, err)
		}
		table := 0 // the depth within a block whose first words are values
		for _, words := range statements {
			last := words[len(words)-1]
			switch {
			case table > 0 && last == "{":
				table++
			case table > 0 && last == "}":
				table--
			case table > 0:
			case last == "{" && (words[0] == "map" || words[0] == "types" || words[0] == "geo"):
				table = 1
			default:
				names["nginx "+words[0]] = true
			}
		}
	}
	options, err := stunnelOptions(string(out.Of(site.Stunnel).Main().Data))
	if err != nil {
		t.Fatalf("stunnel.conf: %v", err)
	}
	for _, option := range options {
		if option[1] != "" {
			names["stunnel "+option[0]] = true
		}
	}
	if _, err := vclStatements(string(out.Of(site.Varnish).Main().Data)); err != nil {
		t.Fatalf("default.vcl: %v", err)
	}
	return names
}

// FuzzX1Site puts a text into a site file: it is refused there, or the files are
// read with no directive that none of the goldens has.
func FuzzX1Site(f *testing.F) {
	dir := f.TempDir()
	for place := range placesOfText() {
		f.Add(uint8(place), "/harmless")
		f.Add(uint8(place), `/"; } evil on; {`)
		f.Add(uint8(place), "/${evil}\n\\\" evil")
	}
	known := map[string]bool{}
	f.Fuzz(func(t *testing.T, place uint8, text string) {
		if len(known) == 0 {
			for _, g := range goldens() {
				loaded, _ := g.load(t)
				for name := range directives(t, mustRender(t, input(loaded.Edge))) {
					known[name] = true
				}
			}
		}
		edge := hostileSite(t, dir, int(place)%len(placesOfText()), text)
		if edge == nil {
			return
		}
		out, err := render.Render(input(edge))
		if refused := (*render.ValueError)(nil); errors.As(err, &refused) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		for name := range directives(t, out) {
			if !known[name] {
				t.Errorf("%q makes a directive: %s", text, name)
			}
		}
	})
}
