package kubernetes

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
)

const clusterSite = `edge {
  http  = [":8080"]
  https = [":8443"]
  public_port = 443
  metrics { listen = ":9145" }
  cluster {
    members = ["edges-members:6443"]
    secret  = file("cluster.secret")
  }
}

site "a.test" {
  tls { self_signed = true }
  backend "app" { servers = ["app:5000"] }
  route "/" { backend = "app" }
}
`

// Members find each other by a name of their own, are let in to each other and nobody else
// is, and the secret is referred to.
func TestMembers(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"site.hcl": clusterSite, "cluster.secret": "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, secrets := objects(t, dir, Options{Name: "edges", Image: "edgegen", Replicas: 3, ServiceMonitor: true})
	got, err := Stream(all, secrets)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(got, []byte("kB4wZrUo")) || len(secrets) != 1 || len(secrets[0].Files) != 1 {
		t.Errorf("the secret is not referred to alone: %+v", secrets)
	}
	for _, part := range []string{"name: edges-members", "publishNotReadyAddresses: true", "containerPort: 6443", "path: /readyz", "port: metrics"} {
		if !bytes.Contains(got, []byte(part)) {
			t.Errorf("%q is missing in\n%s", part, got)
		}
	}
	for part := range strings.SplitSeq(string(got), "---\n") {
		if strings.Contains(part, "name: edges-metrics") && strings.Contains(part, "6443") {
			t.Errorf("the members' port is among those of the metrics:\n%s", part)
		}
	}
	loaded, _ := config.Load(dir)
	loaded.Edge.Cluster.Members[0].Host = "10.0.0.2"
	if _, _, doubts, err := Objects(loaded, Options{Name: "edges", Image: "edgegen", Replicas: 3}, "1"); err != nil || len(doubts) == 0 || !strings.Contains(doubts[0].Remedy, "edges-members:6443") {
		t.Errorf("members by address are not doubted: %v %v", doubts, err)
	}
}
