package docs

import (
	"fmt"
	"strings"
	"testing"

	"edgegen/internal/native"
)

// TestDifferencesOfTheReadme compares the README's table with the one in code.
func TestDifferencesOfTheReadme(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "| engine | clause | what it does instead | why |\n|---|---|---|---|\n")
	for _, d := range native.Differences() {
		engine := d.Engine
		if d.With != "" {
			engine += " with " + d.With
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", engine, d.Clause, sentence(d.What), sentence(d.Why))
	}
	holdGenerated(t, "README.md", "differences", table.String())
}

func sentence(s string) string {
	return strings.ToUpper(s[:1]) + strings.ReplaceAll(s[1:], "|", `\|`)
}
