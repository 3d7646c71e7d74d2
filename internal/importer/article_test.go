package importer

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/config"
)

// TestV6Article imports the article's files as it prints them: the site is that of
// examples/article, but for the command of the app, which no old file names, and for
// what is the default anyway.
func TestV6Article(t *testing.T) {
	const example = "../../examples/article"
	root := t.TempDir()
	files := filepath.Join(root, "home/webapp/apps/vzine.us/public")
	if err := os.MkdirAll(files, 0o755); err != nil {
		t.Fatal(err)
	}
	o := Options{Root: root, Name: filepath.Join(root, "site.hcl")}
	for _, name := range []string{"nginx.conf", "default.vcl", "stunnel.conf", "varnishd.sh"} {
		o.Files = append(o.Files, filepath.Join(example, "old", name))
	}
	result, err := Import(o)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, o, result)
	if n := result.Refused(); n > 0 {
		t.Errorf("%d lines are refused:\n%s", n, result.Account(plain))
	}
	if err := os.WriteFile(o.Name, result.Site, 0o600); err != nil {
		t.Fatal(err)
	}
	want := evaluated(t, filepath.Join(example, "site.hcl"))
	want = slices.DeleteFunc(want, func(line string) bool {
		return strings.HasPrefix(line, "command =") || strings.HasPrefix(line, "dir =") || line == `retry_after = "5m"`
	})
	got := evaluated(t, o.Name)
	for i, line := range got {
		got[i] = strings.ReplaceAll(line, filepath.Dir(files)+"/", "")
		got[i] = strings.ReplaceAll(got[i], `"1d"`, `"24h"`)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the site says\n%s\nand was to say\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	right := 0
	for _, line := range result.Lines {
		right += min(len(line.PutRight), 1)
	}
	if right < 15 {
		t.Errorf("%d lines are told to be put right, which is too few", right)
	}
}

var spaces = regexp.MustCompile(` +`)

// evaluated is a site as it is evaluated, as lines.
func evaluated(t *testing.T, path string) (lines []string) {
	t.Helper()
	text, problems := config.NewReader(path, nil).Evaluate()
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	for line := range strings.Lines(string(text)) {
		if line = spaces.ReplaceAllString(strings.TrimSpace(line), " "); line != "" && line != "}" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}
