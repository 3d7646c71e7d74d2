package docs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/engines"
)

// TestDifferencesOfTheReadme compares the README's table with the one in code.
func TestDifferencesOfTheReadme(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "| engine | clause | what it does instead | why |\n|---|---|---|---|\n")
	for _, d := range engines.Differences() {
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", d.Whose(), d.Clause, sentence(d.What), sentence(d.Why))
	}
	holdGenerated(t, "README.md", "differences", table.String())
}

// sentence begins with a capital letter, unless it begins with a name of the
// language or of a daemon, which has none.
func sentence(s string) string {
	s = strings.ReplaceAll(s, "|", `\|`)
	first, _, _ := strings.Cut(s, " ")
	if strings.ContainsAny(first, "._") {
		return s
	}
	for _, d := range engines.Daemons() {
		if name := strings.TrimSuffix(first, "'s"); name == d.Title || slices.Contains(d.Programs, name) {
			return s
		}
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
