package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/site"
)

const minimal = `site "a.test" {
  tls { self_signed = true }
  route "/" { redirect { to = "https://b.test/" } }
}
`

func writeSite(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A file that no person wrote gets one clear diagnostic, not a hundred.
func TestLoadRefusesWithOneDiagnostic(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.hcl")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "link.hcl")
	if err := os.Symlink("nowhere", broken); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, path, summary string }{
		{"zero byte", writeSite(t, "\x7fELF\x02\x00\x01"), "binary"},
		{"UTF-16", writeSite(t, "\xff\xfes\x00i\x00"), "UTF-16"},
		{"invalid UTF-8", writeSite(t, "site \"\xe9\" {}"), "not valid UTF-8"},
		{"too large", writeSite(t, strings.Repeat("# x\n", maxFile/4+1)), "larger than 64 MiB"},
		{"pipe", pipe, "not a plain file"},
		{"device", "/dev/zero", "not a plain file"},
		{"broken link", broken, "no such file"},
		{"empty path", "", "no such file"},
		{"deep brackets", writeSite(t, "a = "+strings.Repeat("[", 100_000)), "nested too deeply"},
		{"deep blocks", writeSite(t, strings.Repeat("a {", 100_000)), "nested too deeply"},
		{"deep templates", writeSite(t, "a = "+strings.Repeat(`"${`, 100_000)), "nested too deeply"},
		{"many operators", writeSite(t, "a = "+strings.Repeat("!", 100_000)), "nested too deeply"},
		{"deep lists in a block", writeSite(t, minimal+"x {\n  a = "+strings.Repeat("[", maxDepth)+strings.Repeat("]", maxDepth)+"\n}\n"), "nested too deeply"},
		{"deep blocks that are closed", writeSite(t, strings.Repeat(" x {\n", maxDepth+1)+strings.Repeat(" }\n", maxDepth+1)), "nested too deeply"},
		{"many operators on lines in brackets", writeSite(t, "a = ("+strings.Repeat("!\n", maxOperators+1)+"true)"), "nested too deeply"},
		{"only white space", writeSite(t, " \r\n\t\n"), "no site block"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			loaded, diagnostics := Load(c.path)
			if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Summary, c.summary) || diagnostics[0].File != c.path {
				t.Fatalf("got %+v", diagnostics)
			}
			if loaded == nil || loaded.Edge != nil {
				t.Errorf("loaded %+v", loaded)
			}
		})
	}
}

func TestLoadManyProblems(t *testing.T) {
	_, diagnostics := Load(writeSite(t, strings.Repeat("q {}\n", 1000)))
	if len(diagnostics) != maxDiagnostics+1 || !strings.Contains(diagnostics[maxDiagnostics].Summary, "more problems") {
		t.Errorf("%d diagnostics", len(diagnostics))
	}
}

func TestLoadAcceptsWhatEditorsWrite(t *testing.T) {
	plain, diagnostics := Load(writeSite(t, minimal))
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	for name, text := range map[string]string{
		"byte order mark": "\xef\xbb\xbf" + minimal,
		"CRLF":            strings.ReplaceAll(minimal, "\n", "\r\n"),
		"no last newline": strings.TrimSuffix(minimal, "\n"),
		"one line":        strings.Join(strings.Fields(minimal), " "),
		"comments":        strings.ReplaceAll(minimal, "{ ", "{ /* x */ "),
	} {
		loaded, diagnostics := Load(writeSite(t, text))
		if len(diagnostics) > 0 {
			t.Errorf("%s: %v", name, diagnostics)
			continue
		}
		if diff := cmp.Diff(plain.Edge.Sites[0].Host, loaded.Edge.Sites[0].Host); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Files that mean the same make equal models, whatever their order.
func TestModelIsCanonical(t *testing.T) {
	one, _ := Load(writeSite(t, `site "a.test" { aliases = ["c.test", "b.test"] tls { self_signed = true } backend "x" { servers = ["h:1"] } backend "y" { servers = ["h:2"] } route "/a" { backend = "x" } route "/b/" { backend = "y" } }`))
	two, _ := Load(writeSite(t, `site "A.test." { route "/b" { backend = "y" } route "/a" { backend = "x" } backend "y" { servers = ["H:2"] } backend "x" { servers = ["h.:1"] } tls { self_signed = true } aliases = ["B.test", "c.test"] }`))
	if one.Edge == nil || two.Edge == nil {
		t.Fatal("refused")
	}
	if diff := cmp.Diff(one.Edge.Sites, two.Edge.Sites); diff != "" {
		t.Error(diff)
	}
}

func TestDiagnose(t *testing.T) {
	file := writeSite(t, "\n"+minimal)
	loaded, diagnostics := Load(file)
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	got := loaded.Diagnose(loaded.Edge.Sites[0].TLS.Source, Error, "the port is in use", "stop it")
	want := Diagnostic{Severity: Error, Summary: "the port is in use", Remedy: "stop it", File: file,
		Line: 3, Column: 3, EndLine: 3, EndColumn: 29, Byte: 19, EndByte: 45, Snippet: "  tls { self_signed = true }"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, source := range []site.Source{{}, {File: "site.hcl", Line: 99}, {File: "other.hcl", Line: 1}, {File: "site.hcl", Line: -1}} {
		got := loaded.Diagnose(source, Warning, "s", "")
		if got.Line != 0 || got.Snippet != "" || (got.File == "") != (source.File == "") {
			t.Errorf("%v: %+v", source, got)
		}
	}
}

func TestDirectoryNames(t *testing.T) {
	file := writeSite(t, "sites {}\n")
	_, diagnostics := Load(filepath.Dir(file) + "/")
	if len(diagnostics) != 2 || diagnostics[1].File != file {
		t.Errorf("got %+v", diagnostics)
	}
	t.Chdir(filepath.Dir(file))
	for _, path := range []string{"site.hcl", "."} {
		loaded, diagnostics := Load(path)
		if len(diagnostics) != 2 || diagnostics[1].File != "site.hcl" || loaded.Root != filepath.Dir(file) {
			t.Errorf("%s: %+v", path, diagnostics)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		name string
		list Diagnostics
		want string
	}{
		{"none", nil, `{"format_version":"1.0","valid":true,"error_count":0,"warning_count":0,"diagnostics":[]}`},
		{"both", Diagnostics{{Severity: Error, Summary: "e", File: "f", Line: 1, Column: 2, EndLine: 1, EndColumn: 4, Byte: 2, EndByte: 4, Snippet: "éss", Remedy: "r", Values: []string{`var.x is "a is b"`}}, {Severity: Warning}},
			`{"format_version":"1.0","valid":false,"error_count":1,"warning_count":1,"diagnostics":[` +
				`{"severity":"error","summary":"e","detail":"r","range":{"filename":"f","start":{"line":1,"column":2,"byte":2},"end":{"line":1,"column":4,"byte":4}},` +
				`"snippet":{"context":null,"code":"éss","start_line":1,"highlight_start_offset":2,"highlight_end_offset":4,"values":[{"traversal":"var.x","statement":"is \"a is b\""}]},` +
				`"file":"f","line":1,"column":2,"remedy":"r"},` +
				`{"severity":"warning","summary":"","detail":"","remedy":"","file":"","line":0,"column":0}]}`},
	} {
		got, err := c.list.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var x, y any
		if json.Unmarshal(got, &x) != nil || json.Unmarshal([]byte(c.want), &y) != nil || cmp.Diff(y, x) != "" {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// Warnings alone refuse no site, however many there are.
func TestManyWarningsRefuseNothing(t *testing.T) {
	l := newLoader(t.TempDir(), time.Now)
	for range maxDiagnostics + 5 {
		l.add(Diagnostic{Severity: Warning, Summary: "old"})
	}
	if _, diagnostics := l.finish(nil); diagnostics[len(diagnostics)-1].Severity != Warning {
		t.Errorf("%+v", diagnostics[len(diagnostics)-1])
	}
	l.add(Diagnostic{Severity: Error, Summary: "wrong"})
	l.add(Diagnostic{Severity: Warning, Summary: "old"})
	if _, diagnostics := l.finish(nil); diagnostics[len(diagnostics)-1].Severity != Error {
		t.Errorf("%+v", diagnostics[len(diagnostics)-1])
	}
}
