package docs

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"edgegen/internal/gateway"
)

// conformanceTold is a part of what the public suite of the Gateway API reports.
type conformanceTold struct {
	Result       string         `json:"result"`
	Statistics   map[string]int `json:"statistics"`
	Supported    []string       `json:"supportedFeatures"`
	Unsupported  []string       `json:"unsupportedFeatures"`
	SkippedTests []string       `json:"skippedTests"`
	FailedTests  []string       `json:"failedTests"`
}

// TestGatewayConformance holds that a GatewayClass names the features that the suite has
// found, and that docs/gateway.md tells of all of them.
func TestGatewayConformance(t *testing.T) {
	var report struct {
		GatewayAPIVersion string `json:"gatewayAPIVersion"`
		GatewayAPIChannel string `json:"gatewayAPIChannel"`
		Profiles          []struct {
			Name     string          `json:"name"`
			Core     conformanceTold `json:"core"`
			Extended conformanceTold `json:"extended"`
		} `json:"profiles"`
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join("test", "kubernetes", "conformance", "report.yaml"))), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Profiles) != 1 || report.Profiles[0].Name != "GATEWAY-HTTP" {
		t.Fatalf("%+v", report)
	}
	core, extended := report.Profiles[0].Core, report.Profiles[0].Extended
	var claimed []string
	for _, one := range gateway.Features() {
		if !slices.Contains([]string{"Gateway", "HTTPRoute", "ReferenceGrant"}, string(one.Name)) {
			claimed = append(claimed, string(one.Name))
		}
	}
	if !slices.Equal(claimed, extended.Supported) {
		t.Errorf("a GatewayClass names %q, and the suite has found %q", claimed, extended.Supported)
	}
	var made strings.Builder
	fmt.Fprintf(&made, "| of the Gateway API %s, channel %s | tests passed | failed | skipped |\n|---|---|---|---|\n", report.GatewayAPIVersion, report.GatewayAPIChannel)
	for _, one := range []struct {
		name string
		of   conformanceTold
	}{{"what every implementation serves (core)", core}, {"what is served besides (extended)", extended}} {
		fmt.Fprintf(&made, "| %s | %d | %d | %d |\n", one.name, one.of.Statistics["Passed"], one.of.Statistics["Failed"], one.of.Statistics["Skipped"])
	}
	fmt.Fprintf(&made, "\nServed besides: %s.\n\nNot served: %s.\n", listed(extended.Supported), listed(extended.Unsupported))
	if left := slices.Concat(core.FailedTests, core.SkippedTests, extended.FailedTests, extended.SkippedTests); len(left) > 0 {
		fmt.Fprintf(&made, "\nNot passed: %s.\n", listed(left))
	}
	holdGenerated(t, filepath.Join("docs", "gateway.md"), "conformance", made.String())
}

func listed(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
