package kubernetes

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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
			options = append(options, "--namespace", namespace)
			c.exported(t, "--gateway", namespace, options)
			printed, said, err := edgegen(t, append([]string{"export", "kubernetes", "--gateway"}, options...)...)
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			for _, o := range decode(t, printed) {
				if o.GetNamespace() == "" {
					c.remove(t, o) // the next one has the same
				}
			}
		})
	}
}

// remove takes an object of the cluster away.
func (c *client) remove(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	at, err := c.of(o, "")
	if err == nil {
		err = at.Delete(t.Context(), o.GetName(), metav1.DeleteOptions{})
	}
	if err != nil {
		t.Fatalf("%s: %v", named(o), err)
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
