package kubernetes

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/test/cluster"
)

// TestGatewayExport applies what `edgegen export kubernetes --gateway` makes, to a
// namespace where nothing but what is restricted runs.
func TestGatewayExport(t *testing.T) {
	c := connect(t, cluster.Start(t))
	for _, path := range append(gatewayDefinitions(t), "testdata/servicemonitors.yaml") {
		for _, definition := range decode(t, read(t, path)) {
			c.apply(t, definition, "")
			c.established(t, definition)
		}
	}
	for name, options := range map[string][]string{
		"plain":    nil,
		"measured": {"--service-monitor", "--ports", "80,443,8443", "--replicas", "3"},
		"told":     {"--edge", "../../internal/kubernetes/testdata/gateway/edge.hcl", "--name", "front"},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := "gateway-" + name
			c.exported(t, "--gateway", namespace, append(options, "--namespace", namespace))
		})
	}
}

// gatewayDefinitions are the files that define the Gateway API.
func gatewayDefinitions(t *testing.T) []string {
	t.Helper()
	directory, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(directory)), "config/crd/standard/*_gatewayclasses.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d definitions, %v", len(paths), err)
	}
	return paths
}
