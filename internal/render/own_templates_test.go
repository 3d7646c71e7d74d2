package render

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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

// One that others use is taken too. What several define is as the one that is asked for
// has it: as a template that holds all of it, of an earlier version.
func TestOwnTemplateWithin(t *testing.T) {
	own := header{templates: templatesIn(t, map[string]string{
		"varnish/limit.c.tmpl":     "/* own */",
		"varnish/default.vcl.tmpl": `{{ template "rules" . }}{{ define "rules" }}its own{{ end }}`,
		"varnish/gate.vcl.tmpl":    `{{ define "rules" }}another's{{ end }}`,
	})}
	for name, want := range map[string]string{"limit.c.tmpl": "/* own */", "rules": "its own", "lead": "source"} {
		program, err := own.program("varnish/default.vcl.tmpl")
		if err != nil {
			t.Fatal(err)
		}
		if got := program.text.Lookup(name).Root.String(); !strings.Contains(got, want) {
			t.Errorf("%s is %.80q", name, got)
		}
	}
}

// Nothing is defined by two templates of a daemon, which are read in no order.
func TestTemplatesDefineApart(t *testing.T) {
	by := map[string]string{}
	for name, text := range sources(t) {
		for _, define := range regexp.MustCompile(`{{-? define "([^"]+)"`).FindAllStringSubmatch(text, -1) {
			one := path.Dir(name) + " " + define[1]
			if by[one] != "" {
				t.Errorf("%s is defined by %s and by %s", define[1], by[one], name)
			}
			by[one] = name
		}
	}
}

// templatesIn reads templates of a directory.
func templatesIn(t *testing.T, texts map[string]string) *Templates {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read, err := ReadTemplates(dir)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// What is wrong with a template of one's own is told at its line, also by the line of
// the file that it made.
func TestOwnTemplateAtItsLine(t *testing.T) {
	const name = "nginx/nginx.conf.tmpl"
	edge := &site.Edge{Sites: []site.Site{{Host: "a.test"}, {Host: "b.test"}}}
	in := Input{Edge: edge, Layout: Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}, Version: "1", Origin: "site.hcl",
		Tiers: site.Engines{TLS: site.Builtin, Cache: site.Builtin, Web: site.Nginx}}
	for text, line := range map[string]int{"a\n{{ if }}\n": 2, "a\n\n{{ .Nothing }}\n": 3, "{{ range .Sites }}\n{{ .Host }}\n{{ nothing }}{{ end }}": 3} {
		own := templatesIn(t, map[string]string{name: text})
		in.Templates = own
		_, err := Render(in)
		if at := (*TemplateError)(nil); !errors.As(err, &at) || at.Line != line || at.Path != own.path(name) || at.Text == "" {
			t.Errorf("%q: %+v", text, err)
		}
	}
	in.Templates = templatesIn(t, map[string]string{name: "one\n{{- range .Sites }}\nserver {{ .Host }};\n{{- end }}\n{{ with .Version }}\nlast {{ . }}\n{{ end }}"})
	out, err := Render(in)
	if err != nil {
		t.Fatal(err)
	}
	file := out.Of(site.Nginx).Main()
	if got := string(file.Data); got != "one\nserver a.test;\nserver b.test;\n\nlast 1\n" {
		t.Fatalf("%q", got)
	}
	for line, by := range map[int]int{1: 1, 2: 3, 3: 3, 5: 6} {
		if at := in.Templates.Place(file, line, ""); at == nil || at.Line != by {
			t.Errorf("line %d: %+v", line, at)
		}
	}
	in.Standby = true
	if _, err = Render(in); err == nil || !strings.Contains(err.Error(), ".Generation") {
		t.Errorf("without its generation: %v", err)
	}
}

// Those that are edgegen's own are no others.
func TestTemplatesThatDiffer(t *testing.T) {
	text, err := (*Templates)(nil).text("nginx/page.conf.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	own := templatesIn(t, map[string]string{"nginx/page.conf.tmpl": string(text), "stunnel/stunnel.conf.tmpl": "; own"})
	if got := own.Engines(); len(got) != 1 || got[0] != site.Stunnel {
		t.Errorf("%v", got)
	}
	if _, err := ReadTemplates(t.TempDir()); err == nil {
		t.Error("a directory without templates is taken")
	}
}

// A template of one's own stands in the place of that of its name alone.
func TestOwnTemplates(t *testing.T) {
	edge := &site.Edge{Sites: []site.Site{{Host: "a.test"}}}
	in := Input{Edge: edge, Layout: Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}, Version: "1", Origin: "site.hcl",
		Tiers:     site.Engines{TLS: site.Builtin, Cache: site.Builtin, Web: site.Nginx},
		Templates: templatesIn(t, map[string]string{"nginx/nginx.conf.tmpl": "own {{ range .Sites }}{{ .Host | nginxword }};{{ end }}\n"})}
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
