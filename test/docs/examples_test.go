package docs

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// TestExamplesRender loads and renders every site under examples, as it is;
// test/lifecycle runs each.
func TestExamplesRender(t *testing.T) {
	sites, err := filepath.Glob(filepath.Join(root, "examples", "*", "site.hcl"))
	presets, failed := filepath.Glob(filepath.Join(root, "examples", "presets", "*", "site.hcl"))
	if err := errors.Join(err, failed); err != nil || len(sites) < 2 || len(presets) < 2 {
		t.Fatalf("found %q and %q, %v", sites, presets, err)
	}
	for _, file := range slices.Concat(sites, presets) {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "site.hcl")
			layout := render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}
			output, diagnostics, err := generation.Render(t.Context(), path, generation.Rendering{Layout: layout, StateDir: t.TempDir(), Version: "test", Certificates: true})
			// Some files name a socket that only a running edge has.
			diagnostics = slices.DeleteFunc(diagnostics, func(d config.Diagnostic) bool { return strings.HasPrefix(d.Summary, "edgegen itself ") })
			if err != nil || len(diagnostics) > 0 {
				t.Fatalf("%v\n%s", err, text(t, diagnostics))
			}
			want := 2 + len(output.Of(site.Nginx).Files) // the VCL, varnishd's arguments
			if !strings.Contains(string(mustRead(t, path)), `tls = "off"`) {
				want += 2 // stunnel.conf and a certificate
			}
			if len(output.Files()) != want {
				t.Errorf("%d files, want %d: the configurations, what nginx.conf includes, and a certificate where TLS is ended", len(output.Files()), want)
			}
			// A person is to read what a site of a few routes asks for; the rest is in
			// what it includes.
			few := !slices.Contains(presets, file)
			if lines := strings.Count(string(output.Of(site.Nginx).Main().Data), "\n"); few && lines > 150 {
				t.Errorf("nginx.conf has %d lines, and should fit in 150", lines)
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if formatted, _ := config.Format(path, source); string(formatted) != string(source) {
				t.Error("not in canonical layout")
			}
		})
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestExampleOfSeveralFiles holds that the site of several files is one that a person may
// have: long, without a complaint, and in canonical layout. cmd/edgegen runs its tests.
func TestExampleOfSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples", "shops"))); err != nil {
		t.Fatal(err)
	}
	_, diagnostics, err := generation.Render(t.Context(), dir, generation.Rendering{Layout: render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}, Version: "test", Checked: true})
	if err != nil || len(diagnostics) > 0 {
		t.Errorf("%v\n%s", err, text(t, diagnostics))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	lines, count := 0, 0
	for _, file := range files {
		source := mustRead(t, file)
		if formatted, _ := config.Format(file, source); string(formatted) != string(source) {
			t.Errorf("%s is not in canonical layout", filepath.Base(file))
		}
		if !strings.HasSuffix(file, ".edgetest.hcl") {
			lines, count = lines+strings.Count(string(source), "\n"), count+1
		}
	}
	if lines < 300 || count < 4 {
		t.Errorf("it has %d lines in %d files", lines, count)
	}
}
