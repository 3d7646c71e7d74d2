package conformance

import (
	"os"
	"reflect"
	"testing"

	conformancev1 "sigs.k8s.io/gateway-api/conformance/apis/v1"
	"sigs.k8s.io/yaml"
)

// published is the report, in the form in which the Gateway API publishes those of
// others.
const published = "report.yaml"

// compare holds that a report is the published one, or publishes it.
func compare(t *testing.T, report *conformancev1.ConformanceReport) {
	t.Helper()
	text, err := yaml.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if *updating {
		if t.Failed() {
			t.Fatalf("a report of a run that fails is not published:\n%s", text)
		}
		if err := os.WriteFile(published, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	before, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	was := &conformancev1.ConformanceReport{}
	if err := yaml.UnmarshalStrict(before, was); err != nil {
		t.Fatal(err)
	}
	// The time and the version are those of the run that was published.
	was.Date, was.Implementation.Version = report.Date, report.Implementation.Version
	if !reflect.DeepEqual(was, report) {
		t.Errorf("the suite reports what %s does not say; -update writes it:\n%s", published, text)
	}
}
