package gateway

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write what is expected anew")

// options are those of a case.
func options(name string) Options {
	o := Options{Answers: "/run/answers", Published: "edge.example"}
	if name == "addresses" {
		o.Published = ""
		o.Addresses = []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")}
	}
	return o
}

func objectsOf(t *testing.T, names ...string) (objects Objects) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := objects.AddYAML(text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return objects
}

// TestCases compares the sites and the statuses of objects with what is kept.
func TestCases(t *testing.T) {
	all, err := filepath.Glob("testdata/cases/*.yaml")
	if err != nil || len(all) == 0 {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	for _, path := range all {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			objects := objectsOf(t, "common.yaml", "cases/"+name+".yaml")
			plan, err := Settle(objects, options(name), NewChecker(t.TempDir(), "").Check)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".golden"
			got := printed(t, plan)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("run go test with -update where this is meant:\n%s", diff)
			}
		})
	}
}

// printed are the sites, problems and statuses of a plan, without times.
func printed(t *testing.T, plan *Plan) string {
	t.Helper()
	var out strings.Builder
	for _, e := range plan.Edges {
		fmt.Fprintf(&out, "# ==== %s ====\n%s\n", e.ID, e.Site())
	}
	for _, s := range plan.Statuses(nil, time.Unix(0, 0).UTC()) {
		if s.Of.Kind == "GatewayClass" {
			continue
		}
		text, err := yaml.Marshal(s.Value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "# ==== %s ====\n", s.Of)
		for line := range strings.Lines(string(text)) {
			if at := strings.TrimSpace(line); at == "- lastTransitionTime: \"1970-01-01T00:00:00Z\"" {
				out.WriteString(strings.Replace(line, `lastTransitionTime: "1970-01-01T00:00:00Z"`, "# a condition", 1))
			} else {
				out.WriteString(line)
			}
		}
		out.WriteString("\n")
	}
	for _, p := range plan.Problems() {
		fmt.Fprintf(&out, "%s: %s\n", p.Of, p.Words)
	}
	return out.String()
}
