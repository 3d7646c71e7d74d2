package reload

import (
	"fmt"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// TestValues holds L1 and L3 of an edge that runs: a reload keeps the values
// that the edge was started with, files of values and those that functions read
// are watched, and nothing that the edge says or answers shows a sensitive
// value.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			address := w.apps[0].Address
			w.Write("site.hcl", `variable "started" { type = number }
variable "late" { default = "" }
variable "address" { sensitive = true }
locals {
  read       = fileexists("generation.txt") ? chomp(file("generation.txt")) : var.started
  generation = var.late == "" ? local.read : var.late
}
`+strings.NewReplacer(`"X-Stage" = "0"`, `"X-Stage" = local.generation`, `"X-Generation" = "0"`, `"X-Generation" = local.generation`,
				fmt.Sprintf("%q", address), "var.address", `access = "off"`, `access = "stdout"`).Replace(w.site(0)))
			w.Write("given.edgevars", fmt.Sprintf("address = %q\n", address))
			serial := w.certificates[0].Serial
			e := w.Run("--watch", "--var", "started=0", "--var-file", w.Path("given.edgevars"))
			w.shows(e, 0, serial)
			if result := e.Reload(); result.Code != 0 {
				t.Errorf("the values are not kept: %+v", result)
			}
			w.shows(e, 0, serial)

			w.Write("generation.txt", "2\n")
			w.shows(e, 2, serial)
			w.Write("late.auto.edgevars", "late = \"4\"\n")
			w.shows(e, 4, serial)

			for _, plan := range []struct {
				given []string
				code  int
			}{{nil, 0}, {[]string{"--var", "late=6"}, 2}, {[]string{"site.hcl", "--var", "late=6"}, 2}, {[]string{"--var", "lat=6"}, 1}} {
				if result := w.Verb("plan", plan.given...); result.Code != plan.code {
					t.Errorf("plan %q: %+v", plan.given, result)
				}
			}
			w.Write("late.auto.edgevars", "late = [\n")
			e.Says("late.auto.edgevars")
			w.shows(e, 4, serial)

			status := w.Verb("status", "--json")
			text := w.Verb("status")
			for what, said := range map[string]string{"status --json": status.Out, "status": text.Out, "stderr": e.Err.Text(), "the access log": e.Out.Text(), "plan": w.Verb("plan", "--var", "late=6").Out} {
				if strings.Contains(said, address) {
					t.Errorf("%s shows what is sensitive: %s", what, said)
				}
			}
			if !strings.Contains(status.Out, "(sensitive value)") || !strings.Contains(e.Out.Text(), "(sensitive value)") {
				t.Errorf("the backend is not told of: %s\n%s", status.Out, e.Out.Text())
			}
			e.Stop()
		})
	}
}
