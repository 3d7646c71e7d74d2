package docs

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/metrics"
)

// O1: the page lists every metric, as the code names them.
func TestMetricsAreThoseOfTheCode(t *testing.T) {
	var table strings.Builder
	fmt.Fprint(&table, "| metric | kind | labels | meaning |\n|---|---|---|---|\n")
	for _, f := range metrics.Families() {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", f.Name, f.Kind, strings.Join(f.Labels, ", "), f.Help)
	}
	holdGenerated(t, filepath.Join("docs", "metrics.md"), "metrics", table.String())
}
