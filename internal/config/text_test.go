package config

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func render(t *testing.T, d Diagnostic, color bool) string {
	t.Helper()
	var out strings.Builder
	if err := (Diagnostics{d}).WriteText(&out, color); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWriteText(t *testing.T) {
	d := Diagnostic{Severity: Error, Summary: `no backend is called "goliat"`, Remedy: `did you mean "goliath"?`,
		File: "site.hcl", Line: 12, Column: 17, EndLine: 12, EndColumn: 25, Snippet: `    backend   = "goliat"`}
	want := `error: no backend is called "goliat"
  --> site.hcl:12:17
   |
12 |     backend   = "goliat"
   |                 ^^^^^^^^
   = did you mean "goliath"?
`
	if diff := cmp.Diff(want, render(t, d, false)); diff != "" {
		t.Error(diff)
	}
	colored := render(t, d, true)
	if !strings.HasPrefix(colored, "\x1b[1;31merror\x1b[0m") {
		t.Errorf("%q", colored)
	}
	if strings.Contains(render(t, d, false), "\x1b") {
		t.Error("colour where none was asked for")
	}
}

func TestWriteTextPlaces(t *testing.T) {
	long := strings.Repeat("x", 500)
	cases := []struct {
		name string
		d    Diagnostic
		want []string // the source line and the carets
	}{
		{"no place", Diagnostic{Severity: Warning, Summary: "s"}, nil},
		{"a whole file", Diagnostic{Severity: Error, Summary: "s", File: "f"}, []string{" --> f"}},
		{"tab", Diagnostic{File: "f", Line: 1, Column: 3, EndLine: 1, EndColumn: 4, Snippet: "\ta\tb"}, []string{"1 |     a    b", "  |      ^^^^"}},
		{"wide", Diagnostic{File: "f", Line: 1, Column: 2, EndLine: 1, EndColumn: 3, Snippet: "日本x"}, []string{"1 | 日本x", "  |   ^^"}},
		{"combining", Diagnostic{File: "f", Line: 1, Column: 2, EndLine: 1, EndColumn: 3, Snippet: "e\u0301x"}, []string{"1 | e\u0301x", "  |  ^"}},
		{"over lines", Diagnostic{File: "f", Line: 1, Column: 3, EndLine: 2, EndColumn: 1, Snippet: "a = {"}, []string{"1 | a = {", "  |   ^^^"}},
		{"behind the end", Diagnostic{File: "f", Line: 1, Column: 9, EndLine: 1, EndColumn: 9, Snippet: "ab"}, []string{"1 | ab", "  |   ^"}},
		{"empty line", Diagnostic{File: "f", Line: 1, Column: 1, EndLine: 1, EndColumn: 1}, []string{"1 |", "  | ^"}},
		{"control sequence", Diagnostic{File: "f", Line: 1, Column: 1, EndLine: 1, EndColumn: 2, Snippet: "\x1b[31m\u202e"}, []string{"1 | �[31m�", "  | ^"}},
		{"cut", Diagnostic{File: "f", Line: 1, Column: 301, EndLine: 1, EndColumn: 303, Snippet: long[:300] + "yy" + long},
			[]string{"… " + long[:40] + "yy" + long[:68] + " …", "  |   " + strings.Repeat(" ", 40) + "^^"}},
		{"cut within the mark", Diagnostic{File: "f", Line: 1, Column: 1, EndLine: 1, EndColumn: 400, Snippet: long}, []string{"  | " + strings.Repeat("^", 110)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := render(t, c.d, false)
			for _, want := range c.want {
				if !strings.Contains(got, want+"\n") {
					t.Errorf("lacks %q:\n%s", want, got)
				}
			}
			if !utf8.ValidString(got) {
				t.Error("a character is cut")
			}
		})
	}
}
