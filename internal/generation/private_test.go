package generation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// TestUnserved holds that every name by which nginx would come to a private
// file is found.
func TestUnserved(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"web/site.hcl", "web/certs/a.key", "web/archive/a1.crt", "web/public/x", "web/state/run/y", "elsewhere/b.key"} {
		if err := errorOf(os.MkdirAll(filepath.Dir(at(name)), 0o755), os.WriteFile(at(name), nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errorOf(os.Symlink("web", at("current")), os.Symlink("../archive/a1.crt", at("web/certs/a.crt")),
		os.Link(at("elsewhere/b.key"), at("web/public/b.txt")), os.Link(at("web/state/run/y"), at("web/state/run/z"))); err != nil {
		t.Fatal(err)
	}
	static := func(root string) site.Route {
		return site.Route{Path: "/" + filepath.Base(root), Static: &site.Static{Root: root}}
	}
	loaded := &config.Loaded{Root: at("current"), Files: []string{at("current/site.hcl"), at("web/certs/a.crt")}, Edge: &site.Edge{Sites: []site.Site{{
		TLS: site.TLS{Certificates: []string{at("web/certs/a.crt")}, Keys: []string{at("web/certs/a.key")}},
	}, {
		TLS:    site.TLS{Certificates: []string{at("elsewhere/b.key")}, Keys: []string{at("elsewhere/b.key")}},
		Routes: []site.Route{static(at("web")), static(at("current")), static(at("web/public")), static(at("web/state/run")), static(at("none"))},
	}}}}
	private := privateOf(loaded, at("web/state"))
	whole := render.Unserved{
		Names: []string{"/archive/a1.crt", "/certs/a.crt", "/certs/a.key", "/public/b.txt", "/site.hcl"},
		Families: []site.Family{{Directory: "/", Ending: ".edgevars"}, {Directory: "/", Ending: ".edgevars.json"}, {Directory: "/", Ending: ".hcl"},
			{Directory: "/", Ending: ".hcl.json"}, {Directory: "/archive/", Ending: ".crt"}},
		Trees: []string{"/state"},
	}
	first, second := whole, whole
	first.Root, second.Root = at("current"), at("web")
	want := []render.Unserved{first, second, {Root: at("web/public"), Names: []string{"/b.txt"}}, {Root: at("web/state/run"), Trees: []string{"/"}}}
	if diff := cmp.Diff(want, unserved(loaded.Edge, private)); diff != "" {
		t.Error(diff)
	}
}

func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestWarnPrivate holds that whoever writes such a root is told at its line.
func TestWarnPrivate(t *testing.T) {
	dir := t.TempDir()
	text := "site \"a.test\" {\n  tls { self_signed = true }\n  route \"/\" {\n    static {\n      root = \".\"\n    }\n  }\n  route \"/public\" {\n    static {\n      root = \"public\"\n    }\n  }\n}\n"
	if err := errorOf(os.Mkdir(filepath.Join(dir, "public"), 0o755), os.WriteFile(filepath.Join(dir, "site.hcl"), []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
	_, diagnostics, err := Render(t.Context(), filepath.Join(dir, "site.hcl"), Rendering{Layout: render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}, Version: "test"})
	if err != nil || len(diagnostics) != 1 {
		t.Fatalf("%v, %v", err, diagnostics)
	}
	d := diagnostics[0]
	if d.Line != 5 || d.Severity != config.Warning || !strings.Contains(d.Summary, "site.hcl") || !strings.Contains(d.Remedy, `root = "public"`) {
		t.Errorf("%+v", d)
	}
	if got := some([]string{"/a", "/b", "/c", "/d", "/e"}); got != "a, b, c, d and 1 more" {
		t.Errorf("%q", got)
	}
}
