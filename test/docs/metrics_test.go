package docs

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"edgegen/internal/metrics"
	"edgegen/test/edge"
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

// The examples ask for metrics that there are, and promtool takes them; each alert comes
// when it is due, and none where all is well.
func TestMonitoringExamples(t *testing.T) {
	known := map[string]bool{}
	for _, f := range metrics.Families() {
		known[f.Name] = true
		if f.Kind == "histogram" {
			known[f.Name+"_bucket"] = true
		}
	}
	for _, name := range []string{"alerts.yml", "dashboard.json"} {
		asked := regexp.MustCompile(`\bedgegen_[a-z_]+`).FindAllString(read(t, filepath.Join("examples", "monitoring", name)), -1)
		if len(asked) == 0 {
			t.Errorf("%s asks for nothing", name)
		}
		for _, metric := range asked {
			if !known[metric] {
				t.Errorf("%s asks for %s, which there is not", name, metric)
			}
		}
	}
	if !json.Valid([]byte(read(t, filepath.Join("examples", "monitoring", "dashboard.json")))) {
		t.Error("the dashboard is no JSON")
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		edge.Skip(t, "promtool is not installed: the configuration of Prometheus and what its alerts say")
	}
	for _, ask := range [][]string{{"check", "config", "examples/monitoring/prometheus.yml"}, {"test", "rules", "test/docs/testdata/alerts_test.yml"}} {
		command := exec.CommandContext(t.Context(), promtool, ask...)
		command.Dir = root
		if said, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool: %v\n%s", err, said)
		}
	}
}
