package docs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// TestEnginesOfTheReadme compares the README's table with the list in code.
func TestEnginesOfTheReadme(t *testing.T) {
	var table strings.Builder
	fmt.Fprint(&table, "| tier | daemon | needs | tested with | what it does | what a reload does to it |\n|---|---|---|---|---|---|\n")
	for _, tier := range site.Tiers() {
		for _, d := range engines.Daemons() {
			if !slices.Contains(d.Tiers, tier) {
				continue
			}
			needs := fmt.Sprintf("%s, Debian's `%s`", d.Minimum, d.Debian)
			if d.Compiles {
				needs += ", a C compiler"
			}
			fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s | %s |\n", tier, d.Title, needs, d.Tried, d.Does, d.Reloads)
		}
	}
	holdGenerated(t, "README.md", "engines", table.String())
}
