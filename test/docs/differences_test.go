package docs

import (
	"fmt"
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
	if first, _, _ := strings.Cut(s, " "); strings.ContainsAny(first, "._") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
