package importer

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzImport holds that whatever stands in a file, there is an error with a place, or a
// good site and a verdict for each statement.
func FuzzImport(f *testing.F) {
	archives, _ := filepath.Glob("testdata/*.txtar") // the pattern is none that fails
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, one := range archive.Files {
			switch kindOf(one.Name, string(one.Data)) {
			case nginxKind, vclKind, stunnelKind, commandKind:
				f.Add(one.Name, one.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		const most = 8 << 10 // a large one is no other matter, and slow
		if len(data) > most {
			t.Skip()
		}
		dir := t.TempDir()
		ending := filepath.Ext(filepath.Base(name))
		if ending != ".vcl" {
			ending = ".conf"
		}
		file := filepath.Join(dir, "old"+ending)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		o := Options{Files: []string{file}, Root: filepath.Join(dir, "root"), Name: filepath.Join(dir, "imported.hcl")}
		result, err := Import(o)
		if err != nil {
			return
		}
		for _, line := range result.Lines {
			if line.Verdict == "" {
				t.Errorf("line %d has no verdict: %s", line.Line, line.Text)
			}
		}
		if result.Site == nil {
			return
		}
		good(t, o.Name, result.Site)
	})
}
