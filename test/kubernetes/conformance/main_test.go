// Package conformance runs the public conformance suite of the Gateway API against
// `edgegen gateway`, and publishes what the suite reports.
//
// The suite needs more of a cluster than its API server. What that is stands here: a
// node (node_test.go) makes the pods of Deployments, runs them as processes of the
// suite's own echo server, and tells where Services have their endpoints. All of it
// runs in a network of its own (network_test.go), where pods and Gateways have
// addresses that a cluster takes.
package conformance

import (
	"os"
	"testing"

	"edgegen/test/edge"
)

// echoPackage is the program that the suite's pods run.
const echoPackage = "sigs.k8s.io/gateway-api/conformance/echo-basic"

func TestMain(m *testing.M) {
	if inNetwork() {
		os.Exit(m.Run())
	}
	os.Exit(edge.Main(m, echoPackage))
}
