package importer

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"edgegen/internal/config"
)

var update = flag.Bool("update", false, "write what came as what is expected")

// TestV6Import imports configurations of many kinds. What is to come stands in the
// archives, as site.hcl and account.
func TestV6Import(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) < 15 {
		t.Fatalf("%d archives: %v", len(archives), err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir, result := imported(t, archive)
			for i, want := range map[string][]byte{"site.hcl": result.Site, "account": []byte(result.Account(plain))} {
				want = bytes.ReplaceAll(want, []byte(dir), []byte("DIR"))
				setFile(t, archive, i, want)
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func plain(_ Verdict, text string) string { return text }

// setFile compares a file of an archive, or writes it there.
func setFile(t *testing.T, archive *txtar.Archive, name string, data []byte) {
	t.Helper()
	for i, f := range archive.Files {
		if f.Name == name {
			if !*update && !bytes.Equal(f.Data, data) {
				t.Errorf("%s is\n%s\nand was to be\n%s", name, data, f.Data)
			}
			archive.Files[i].Data = data
			return
		}
	}
	if !*update {
		t.Errorf("%s is not there: write it by -update", name)
	}
	archive.Files = append(archive.Files, txtar.File{Name: name, Data: data})
}

// imported writes the files of an archive, imports those on its top, and holds the
// result against what is promised of every import.
func imported(t *testing.T, archive *txtar.Archive) (dir string, result *Result) {
	t.Helper()
	dir = t.TempDir()
	o := Options{Root: filepath.Join(dir, "root"), Name: filepath.Join(dir, "imported.hcl"), Raw: strings.Contains(string(archive.Comment), "--raw")}
	for _, f := range archive.Files {
		if f.Name == "site.hcl" || f.Name == "account" {
			continue
		}
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(f.Name, "/") && f.Name != "users" {
			o.Files = append(o.Files, path)
		}
	}
	result, err := Import(o)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, o, result)
	again, err := Import(o)
	if err != nil || !bytes.Equal(again.Site, result.Site) || again.Account(plain) != result.Account(plain) {
		t.Errorf("the same files make another site, or another account: %v\n%s", err, again.Site)
	}
	return dir, result
}

// good holds that a text is a site that loads without an error.
func good(t *testing.T, name string, text []byte) {
	t.Helper()
	reader := config.NewReader(name, nil)
	reader.Hold(name, text)
	if _, problems := reader.Load(); problems.HasErrors() {
		t.Errorf("the site is refused: %v\n%s", problems, text)
	}
}

var closing = regexp.MustCompile(`^[\s};)\\"]*(#.*)?$`)

// holds is what is promised of every import: a good site in canonical layout, and a
// verdict for each line of the files.
func holds(t *testing.T, o Options, result *Result) {
	t.Helper()
	good(t, o.Name, result.Site)
	if formatted, _ := config.Format(o.Name, result.Site); !bytes.Equal(formatted, result.Site) {
		t.Errorf("the site is not in canonical layout:\n%s", result.Site)
	}
	told := map[string]map[int]bool{}
	for _, line := range result.Lines {
		if told[line.File] == nil {
			told[line.File] = map[int]bool{}
		}
		for n := line.Line; n <= line.EndLine; n++ {
			told[line.File][n] = true
		}
		switch {
		case line.Verdict == Translated && len(line.Into) == 0,
			line.Verdict == Idle && line.Why == "",
			line.Verdict == Refused && (line.Why == "" || line.Remedy == ""),
			line.Verdict != Translated && line.Verdict != Idle && line.Verdict != Refused:
			t.Errorf("%s:%d has no whole verdict: %+v", line.File, line.Line, line)
		}
	}
	for file, lines := range told {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for text := range strings.Lines(string(data)) {
			n++
			text = strings.TrimSpace(text)
			if comment := strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") || strings.HasPrefix(text, "//"); !lines[n] && !comment && !closing.MatchString(text) {
				t.Errorf("%s:%d is dropped in silence: %s", file, n, text)
			}
		}
	}
}
