package docs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/native"
)

var update = flag.Bool("update", false, "rewrite the table of differences in the README")

// TestDifferencesOfTheReadme compares the README's table with the one in code.
func TestDifferencesOfTheReadme(t *testing.T) {
	const from, to = "<!-- differences -->\n", "<!-- /differences -->"
	document := read(t, "README.md")
	before, rest, found := strings.Cut(document, from)
	_, after, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatal("the README has no place for the differences")
	}
	var table strings.Builder
	fmt.Fprintf(&table, "| engine | clause | what it does instead | why |\n|---|---|---|---|\n")
	for _, d := range native.Differences() {
		engine := d.Engine
		if d.With != "" {
			engine += " with " + d.With
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", engine, d.Clause, sentence(d.What), sentence(d.Why))
	}
	wanted := before + from + table.String() + to + after
	if wanted == document {
		return
	}
	if !*update {
		t.Fatal("the README's table of differences is not the one in code; run go test ./test/docs -update")
	}
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(wanted), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sentence(s string) string {
	return strings.ToUpper(s[:1]) + strings.ReplaceAll(s[1:], "|", `\|`)
}
