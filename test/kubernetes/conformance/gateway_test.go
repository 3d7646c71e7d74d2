package conformance

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"edgegen/internal/gateway"
	"edgegen/test/edge"

	"sigs.k8s.io/gateway-api/pkg/features"
)

// startGateway starts a controller, until the test has ended.
func startGateway(t *testing.T, kubeconfig string) {
	t.Helper()
	var all []string
	for i := range addresses {
		all = append(all, fmt.Sprint(gatewaysAt, i+1))
	}
	home := edge.NewHome(t, edge.Named(t, *engines)[0])
	running := home.Start(func(c *exec.Cmd) {
		c.Args = []string{c.Args[0], "gateway", "--kubeconfig", kubeconfig, "--lease-namespace", "default", "--engine", home.Argument(), "--state-dir", home.State,
			"--addresses", strings.Join(all, ",")}
	})
	running.Says("this controller writes the statuses")
}

// claimed are the features that a GatewayClass of ours has in its status.
func claimed() (all []features.FeatureName) {
	for _, one := range gateway.Features() {
		all = append(all, features.FeatureName(one.Name))
	}
	return all
}
