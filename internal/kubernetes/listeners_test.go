package kubernetes

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// TestServicePorts holds where clients find which listener.
func TestServicePorts(t *testing.T) {
	for name, c := range map[string]struct {
		edge string
		want map[string]int32
	}{
		"usual":      {`http = [":80"]; https = [":443"]`, map[string]int32{"http": 80, "https": 443}},
		"high":       {`http = [":8080"]; https = [":8443"]`, map[string]int32{"http": 80, "https": 443}},
		"several":    {`http = [":8080", ":8081"]; https = [":8443", ":8444"]`, map[string]int32{"http": 80, "http-2": 8081, "https": 443, "https-2": 8444}},
		"second":     {`http = [":8080", ":80"]; https = [":8443", ":443"]`, map[string]int32{"http": 8080, "http-2": 80, "https": 8443, "https-2": 443}},
		"public":     {`http = [":8080"]; https = [":9443", ":8443"]; public_port = 8443; protocols = ["h1", "h3"]`, map[string]int32{"http": 80, "https": 9443, "https-2": 8443, "http3": 9443, "http3-2": 8443}},
		"in the way": {`http = [":8080", ":443"]; https = [":8443"]`, map[string]int32{"http": 80, "https": 443}},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			write(t, filepath.Join(directory, "site.hcl"), "edge {\n"+strings.ReplaceAll(c.edge, "; ", "\n")+"\n}\n"+
				"site \"a.example\" {\n  tls { self_signed = true }\n  route \"/\" {\n    redirect { to = \"https://example.org/\" }\n  }\n}\n")
			all, _ := objects(t, directory, Options{Image: "edgegen", Replicas: 1})
			got := map[string]int32{}
			for _, o := range all {
				if s, ok := o.Value.(*corev1.Service); ok {
					for _, p := range s.Spec.Ports {
						got[p.Name] = p.Port
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
