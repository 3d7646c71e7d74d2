package docs

import (
	"os"
	"path/filepath"
	"testing"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/control"
	"edgegen/internal/render"
)

// TestExamplesRender loads and renders every site under examples. The chat room
// is run by test/browser, the article's site by test/lifecycle.
func TestExamplesRender(t *testing.T) {
	sites, err := filepath.Glob(filepath.Join(root, "examples", "*", "site.hcl"))
	if err != nil || len(sites) < 2 {
		t.Fatalf("found %q, %v", sites, err)
	}
	for _, file := range sites {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
				t.Fatal(err)
			}
			if name == "article" {
				makeCertificate(t, dir)
			}
			site := filepath.Join(dir, "site.hcl")
			layout := render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}
			output, diagnostics, err := control.Render(t.Context(), site, nil, layout, t.TempDir(), "test", true)
			if err != nil || len(diagnostics) > 0 {
				t.Fatalf("%v\n%s", err, text(t, diagnostics))
			}
			if want := 5; len(output.Files()) != want {
				t.Errorf("%d files, want the four configurations and a certificate", len(output.Files()))
			}
			source, err := os.ReadFile(site)
			if err != nil {
				t.Fatal(err)
			}
			if formatted, _ := config.Format(site, source); string(formatted) != string(source) {
				t.Error("not in canonical layout")
			}
		})
	}
}

// makeCertificate does what the article's README tells to do with openssl. A
// chain and its key may stand in one file, so both files are that.
func makeCertificate(t *testing.T, dir string) {
	t.Helper()
	authority, err := certificate.OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := authority.Issue([]string{"vzine.us", "www.vzine.us"})
	if err != nil {
		t.Fatal(err)
	}
	certificates := filepath.Join(dir, "config", "certs")
	if err := os.MkdirAll(certificates, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"server.crt", "server.key"} {
		if err := os.WriteFile(filepath.Join(certificates, name), pair.PEM, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
