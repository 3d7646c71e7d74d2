package config

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"edgegen/internal/site"
)

// rows calls back for every argument of the language, with the path of blocks
// that leads to it.
func rows(s *schema, path []*schema, visit func(path []*schema, a *argument)) {
	path = append(slices.Clone(path), s)
	for i := range s.arguments {
		visit(path, &s.arguments[i])
	}
	for _, child := range s.blocks {
		rows(child, path, visit)
	}
}

func nameOf(path []*schema, a *argument) string {
	var names []string
	for _, s := range path[1:] {
		names = append(names, s.name)
	}
	return strings.Join(append(names, a.name), ".")
}

func TestL5EveryRowIsWhole(t *testing.T) {
	rows(language(), nil, func(path []*schema, a *argument) {
		t.Run(nameOf(path, a), func(t *testing.T) {
			if a.words == "" || strings.HasSuffix(a.words, ".") || a.by == 0 || a.into == nil {
				t.Errorf("the row lacks words, tiers or a field: %+v", a)
			}
			for what, text := range map[string]string{"example": a.example, "default": a.standard} {
				if _, problems := hclsyntax.ParseExpression([]byte(text), "", start); problems.HasErrors() && (text != "" || what == "example") {
					t.Errorf("%s %q: %v", what, text, problems)
				}
			}
			if (a.least == "") != (a.most == "") {
				t.Error("one bound alone")
			}
			if a.choices != nil && a.standard != "" && !slices.Contains(a.choices, strings.Trim(a.standard, `"`)) {
				t.Errorf("the default %s is no choice", a.standard)
			}
			for _, bound := range []string{a.least, a.most, strings.Trim(a.standard, `"`)} {
				if problem := boundProblem(a.kind, bound); problem != "" && bound != "" {
					t.Errorf("%q: %s", bound, problem)
				}
			}
		})
	})
}

func boundProblem(kind kind, bound string) (problem string) {
	switch kind {
	case sizeKind:
		_, problem, _ = parseSize(bound)
	case durationKind:
		_, problem, _ = parseDuration(bound)
	case numberKind:
		if _, err := strconv.Atoi(bound); err != nil {
			problem = err.Error()
		}
	}
	return problem
}

// Every example of the table is a value that the argument takes, and every
// default is what stands for an argument that is left out.
func TestExamplesOfTheTable(t *testing.T) {
	dir := t.TempDir()
	writeCertificates(t, dir)
	t.Chdir(dir)
	for _, name := range []string{"public", "srv"} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("htpasswd", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rows(language(), nil, func(path []*schema, a *argument) {
		for what, value := range map[string]string{"example": a.example, "default": a.standard} {
			if value == "" {
				continue
			}
			t.Run(nameOf(path, a)+"/"+what, func(t *testing.T) {
				text := siteWith(path, a, strings.NewReplacer("${each.key}.", "", "/var/log/edgegen", ".", "/srv/app", "srv", `"auth"`, `"app"`,
					`"server.crt"`, `"certs/server.crt"`, `"server.key"`, `"certs/server.key"`,
					`"client.crt"`, `"certs/server.crt"`, `"client.key"`, `"certs/server.key"`, `"ca.pem"`, `"certs/server.crt"`, `"authority.pem"`, `"certs/server.crt"`, `"clients.pem"`, `"certs/authority.crt"`, `"revoked.pem"`, `"certs/authority.crl"`).Replace(value))
				if err := os.WriteFile("site.hcl", []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				loaded, problems := newReader("site.hcl", testNow).Load()
				if problems.HasErrors() {
					t.Fatalf("%s\n%v", text, problems)
				}
				if what == "default" {
					if err := os.WriteFile("site.hcl", []byte(strings.Replace(text, a.name+" = "+value, "", 1)), 0o600); err != nil {
						t.Fatal(err)
					}
					without, _ := newReader("site.hcl", testNow).Load()
					if without.Edge == nil || without.Edge.Meaning() != loaded.Edge.Meaning() {
						t.Errorf("without %s the site is another", a.name)
					}
				}
			})
		}
	})
}

// siteWith is a site that holds one argument, and what it cannot do without.
func siteWith(path []*schema, a *argument, value string) string {
	inner := a.name + " = " + value + "\n"
	beside := map[string]string{
		"cache_storage.type": "path = \"cache.bin\"\n", "cache_storage.path": "type = \"file\"\n", "site.for_each": "host = \"${each.key}.test\"\n", "site.tls.certificate": "key = \"certs/server.key\"\n", "site.tls.key": "certificate = \"certs/server.crt\"\n", "site.tls.dns_hook": "acme = true\n", "tls.client_auth": "client_ca = \"certs/authority.crt\"\n", "tls.client_crl": "client_ca = \"certs/authority.crt\"\n",
		"backend.tls.certificate": "key = \"certs/server.key\"\n", "backend.tls.key": "certificate = \"certs/server.crt\"\n",
		"backend.env": "command = [\"x\"]\n", "backend.dir": "command = [\"x\"]\n", "match.head": "methods = [\"GET\"]\n", "route.websocket": "backend = \"app\"\n", "route.stream": "backend = \"app\"\n", "rewrite.pattern": "replacement = \"/x\"\n", "rewrite.replacement": "pattern = \"^/(.+)$\"\n", "hsts.preload": "include_subdomains = true\n",
	}
	last := path[len(path)-1]
	inner += beside[last.name+"."+a.name] + beside[path[len(path)-2].name+"."+last.name+"."+a.name]
	for _, needed := range last.arguments {
		if needed.needed && needed.name != a.name {
			inner += needed.name + " = " + strings.Replace(needed.example, "auth", "app", 1) + "\n"
		}
	}
	if last.name == "tls" && len(path) == 3 && a.name != "certificate" && a.name != "key" && a.name != "self_signed" && a.name != "acme" && a.name != "dns_hook" || last.name == "tls" && len(path) == 3 && value == "false" {
		inner += "certificate = \"certs/server.crt\"\nkey = \"certs/server.key\"\n"
	}
	for i := len(path) - 1; i > 0; i-- {
		header := path[i].name
		if path[i].label != "" {
			header += fmt.Sprintf(" %q", strings.Replace(path[i].label, "/", "/old", 1))
		}
		switch path[i].name {
		case "variable":
			if !strings.Contains(inner, "default =") {
				inner += "default = " + map[bool]string{true: "[]", false: "\"x\""}[a.name == "type"] + "\n"
			}
		case "backend":
			if !strings.Contains(inner, "servers =") {
				inner += "servers = [\"127.0.0.1:5001\"]\n"
			}
		case "route":
			if !strings.Contains(inner, "redirect {") && (last.name == "forward_auth" || !strings.Contains(inner, "backend =")) {
				inner += "backend = \"app\"\n"
			}
		case "site":
			for _, wanted := range []string{"tls { self_signed = true }\n", "backend \"app\" { servers = [\"127.0.0.1:5000\"] }\n", "route \"/\" { backend = \"app\" }\n"} {
				if word, _, _ := strings.Cut(wanted, "{"); !strings.Contains(inner, word+"{") || word == "tls " && len(path) > 3 {
					inner += wanted
				}
			}
		}
		inner = header + " {\n" + inner + "}\n"
	}
	if path[1].name == "edge" || path[1].name == "variable" {
		inner += minimal
	}
	return inner
}

// A field that the walk sets by itself is of the kind that the row says.
func TestFieldsAreOfTheirKind(t *testing.T) {
	models := map[string]any{"edge": &site.Edge{}, "engine": &site.Engines{}, "cache_storage": &site.Storage{}, "limits": &site.Limits{},
		"edge.timeouts": &site.Timeouts{}, "log": &site.Log{}, "acme": &site.ACME{}, "metrics": &site.Metrics{}, "cluster": &site.Cluster{}, "trace": &site.Trace{}, "site": &siteDraft{}, "site.tls": &site.TLS{}, "backend": &site.Backend{},
		"server": &site.Server{}, "sticky": &site.Sticky{}, "backend.tls": &site.BackendTLS{}, "health": &site.Health{}, "fastcgi": &site.FastCGI{}, "site.cache": &site.Cache{}, "rate_limit": &site.RateLimit{}, "basic_auth": &site.BasicAuth{}, "forward_auth": &site.ForwardAuth{}, "purge": &site.Cache{},
		"maintenance": &site.Maintenance{}, "hsts": &site.HSTS{}, "route": &site.Route{}, "static": &staticDraft{}, "match": &site.Match{}, "rewrite": &site.Rewrite{}, "backend.timeouts": &site.Patience{}, "redirect": &site.Redirect{}, "route.cache": &site.Route{}, "compress": &site.Compress{}, "error_page": &site.ErrorPage{},
		"variable": &variable{}, "validation": &validation{}, "raw": &site.RawTexts{}, "varnish": &site.RawVCL{}, "request_headers": &site.HeaderRules{}, "response_headers": &site.HeaderRules{}}
	rows(language(), nil, func(path []*schema, a *argument) {
		last := path[len(path)-1]
		model := models[last.name]
		if model == nil {
			model = models[path[len(path)-2].name+"."+last.name]
		}
		if model == nil {
			t.Fatalf("no model for %s", last.name)
		}
		var kind kind
		switch a.into(model).(type) {
		case *string:
			kind = textKind
		case *[]string:
			kind = listKind
		case *bool:
			kind = flagKind
		case *int:
			kind = numberKind
		case *int64:
			kind = sizeKind
		case *float64:
			kind = shareKind
		case *time.Duration:
			kind = durationKind
		}
		if a.read == nil && kind != a.kind {
			t.Errorf("%s is a %s, and its field a %s", nameOf(path, a), a.kind, kind)
		}
		if a.source != nil {
			if _, ok := a.source(model).(*site.Source); !ok {
				t.Errorf("the source of %s is none", nameOf(path, a))
			}
		}
	})
}

// An argument's name is written once: in its row. The words of JSON schemas, of
// URLs and of each, the kinds of storage, the packages of Go, and the names of functions, are others.
func TestL5NamesStandInTheTableAlone(t *testing.T) {
	names := map[string]bool{}
	rows(language(), nil, func(_ []*schema, a *argument) { names[a.name] = true })
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "language") || strings.HasPrefix(name, "functions") || name == "jsonschema.go" {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && names[text] && !slices.Contains([]string{"file", "hash", "http", "https", "key"}, text) {
					t.Errorf("%s: %s stands in the table already", set.Position(literal.Pos()), literal.Value)
				}
			}
			return true
		})
	}
}
