package render_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"edgegen/internal/config"
	"edgegen/internal/rawtext"
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

// FuzzX1Raw puts a raw text where it would go: it is refused, or all of it is read within
// the block around it, whatever the daemon makes of the rest.
func FuzzX1Raw(f *testing.F) {
	for _, text := range []string{"limit_rate 1k;", "} evil on; {", "set $a ${b ; }", "a \"}\" '{';", "if ($a) { b; }", "set req.http.A = {\"}\"};", "/* } */ }", "# }\n}", "a \\}; b\\"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.Join(rawtext.Lines(text), "\n")
		if rawtext.Nginx(text) == nil {
			within, err := nginxStatements("around {\n" + text + "\n}\nbehind on;\n")
			if last := len(within) - 1; err == nil && (last < 2 || within[last][0] != "behind" || endOf(within) != last-1) {
				t.Errorf("%q is read as %q", text, within)
			}
		}
		if rawtext.VCL(text) == nil {
			tokens, err := vclTokens("{\n" + text + "\n}\nbehind;\n")
			if last := len(tokens) - 1; err == nil && (last < 3 || tokens[last-1] != "behind" || depth(tokens[:last-2]) < 1) {
				t.Errorf("%q is read as %q", text, tokens)
			}
		}
		if rawtext.Stunnel(text) == nil {
			options, err := stunnelOptions(text)
			if err == nil && slices.ContainsFunc(options, func(o [2]string) bool { return strings.HasPrefix(o[0], "[") }) {
				t.Errorf("%q has a section: %q", text, options)
			}
		}
	})
}

// endOf is the statement that ends the block which the first one begins.
func endOf(statements [][]string) int {
	open := 0
	for i, words := range statements {
		switch words[len(words)-1] {
		case "{":
			open++
		case "}":
			open--
		}
		if open == 0 {
			return i
		}
	}
	return -1
}

// depth is the least number of blocks that are open behind any token but the first.
func depth(tokens []string) int {
	open, least := 0, len(tokens)
	for i, token := range tokens {
		switch token {
		case "{":
			open++
		case "}":
			open--
		}
		if i > 0 {
			least = min(least, open)
		}
	}
	return least
}

// FuzzX1Site puts a text into a site file, but for raw text, which is to be read as it is: it is refused there, or the files are
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
