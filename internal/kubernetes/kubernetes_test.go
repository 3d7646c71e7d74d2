package kubernetes

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"edgegen/internal/config"
)

var update = flag.Bool("update", false, "write what is expected anew")

func objects(t *testing.T, directory string, o Options) ([]Object, []Secret) {
	t.Helper()
	loaded, diagnostics := config.Load(directory)
	if loaded.Edge == nil {
		t.Fatalf("%v", diagnostics)
	}
	all, secrets, _, err := Objects(loaded, o, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return all, secrets
}

// TestStream compares the whole output with what is kept.
func TestStream(t *testing.T) {
	all, secrets := objects(t, "testdata/shop", Options{Name: "shop", Namespace: "web", Image: "registry.example/edgegen:1.2.3", Replicas: 2, ServiceMonitor: true})
	got, err := Stream(all, secrets)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/shop.yaml", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go test with -update where this is meant:\n%s", diff)
	}
	if bytes.Contains(got, []byte("t0p-secret-words")) || bytes.Contains(got, []byte("$2y$")) {
		t.Error("a secret stands in the output")
	}
}

// TestStrict reads each object back as its type, which takes no word that the
// cluster does not know.
func TestStrict(t *testing.T) {
	for _, o := range []Options{
		{Image: "edgegen", Replicas: 1},
		{Image: "edgegen", Replicas: 3, InImage: true, Namespace: "web", Argument: "site.hcl", ServiceMonitor: true},
	} {
		all, _ := objects(t, "testdata/shop", o)
		for _, one := range all {
			text, err := one.YAML()
			if err != nil {
				t.Fatal(err)
			}
			into := map[string]any{
				"serviceaccount.yaml": &corev1.ServiceAccount{}, "configmap.yaml": &corev1.ConfigMap{}, "service.yaml": &corev1.Service{},
				"service-metrics.yaml": &corev1.Service{}, "deployment.yaml": &appsv1.Deployment{},
				"poddisruptionbudget.yaml":     &policyv1.PodDisruptionBudget{},
				"horizontalpodautoscaler.yaml": &autoscalingv2.HorizontalPodAutoscaler{},
				"networkpolicy.yaml":           &networkingv1.NetworkPolicy{},
				"servicemonitor.yaml":          &map[string]any{},
			}[one.File]
			if err := yaml.UnmarshalStrict(text, into); err != nil {
				t.Errorf("%s: %v\n%s", one.File, err, text)
			}
		}
	}
}

// TestRefused holds what cannot run in a cluster as it is written.
func TestRefused(t *testing.T) {
	const app = "  route \"/\" {\n    redirect { to = \"https://example.org/\" }\n  }\n"
	metrics := "  metrics { listen = \":9145\" }\n"
	for name, c := range map[string]struct {
		edge, site string
		options    Options
		want       string
	}{
		"loopback":    {edge: "  http = [\"127.0.0.1:8080\"]\n  https = [\":8443\"]\n" + metrics, want: `nobody in a cluster can reach 127.0.0.1:8080`},
		"acme":        {edge: metrics, site: "  tls { acme = true }\n", want: "a certificate of its own"},
		"nobody":      {edge: metrics, options: Options{Replicas: -1}, want: "there has to be an edge"},
		"top":         {edge: metrics, site: "  tls { self_signed = true }\n  route \"/files\" {\n    static { root = \".\" }\n  }\n", want: "beside the site file"},
		"outside":     {edge: metrics, site: "  tls { self_signed = true }\n  route \"/files\" {\n    static { root = \"/usr/share/doc\" }\n  }\n", want: "outside of the site's directory"},
		"unmonitored": {edge: "  health_path = \"/healthz\"\n", options: Options{ServiceMonitor: true}, want: "there is nothing to monitor"},
		"crowd":       {edge: metrics, options: Options{Replicas: 1 << 30}, want: "there may be 10000"},
		"log":         {edge: metrics + "  log { access = \"/usr/share/access.log\" }\n", want: "/usr/share/access.log lies where a pod may write nothing"},
		"cache":       {edge: metrics + "  cache_storage {\n    type = \"file\"\n    path = \"/usr/share/cache.bin\"\n  }\n", want: "/usr/share/cache.bin lies where a pod may write nothing"},
		"large":       {edge: metrics, site: "  tls { self_signed = true }\n  route \"/files\" {\n    static { root = \"large\" }\n  }\n", want: "is what a ConfigMap holds"},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			if err := os.Mkdir(filepath.Join(directory, "large"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(directory, "large", "film"), strings.Repeat("x", maxConfig))
			if err := os.Mkdir(filepath.Join(directory, "stray"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(directory, "stray", "key.pem"), "-----BEGIN PRIVATE KEY-----\n")
			if c.site == "" {
				c.site = "  tls { self_signed = true }\n"
			}
			write(t, filepath.Join(directory, "site.hcl"), "edge {\n"+c.edge+"}\nsite \"a.example\" {\n"+c.site+app+"}\n")
			loaded, diagnostics := config.Load(directory)
			if loaded.Edge == nil {
				t.Fatalf("%v", diagnostics)
			}
			c.options.Image = "edgegen"
			if c.options.Replicas == 0 {
				c.options.Replicas = 2
			}
			_, _, _, err := Objects(loaded, c.options, "1.2.3")
			refused := (*config.Refused)(nil)
			if !errors.As(err, &refused) || !strings.Contains(refused.Error(), c.want) {
				t.Errorf("refused with %v, want %q", err, c.want)
			}
		})
	}
}

// TestPrivateBelowRoot holds that what is never served is not in the ConfigMap, also
// where it lies among the files that are.
func TestPrivateBelowRoot(t *testing.T) {
	directory := t.TempDir()
	if err := os.Mkdir(filepath.Join(directory, "public"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(directory, "public", "htpasswd"), "joe:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n")
	write(t, filepath.Join(directory, "public", "index.html"), "a page")
	write(t, filepath.Join(directory, "site.hcl"), `edge {
  protocols = ["h1", "h2", "h3"]
  metrics { listen = ":9145" }
  trace { otlp = "http://10.0.0.9:4318" }
}
site "a.example" {
  tls { self_signed = true }
  route "/" {
    static { root = "public" }
    basic_auth {
      realm      = "Staff"
      users_file = "public/htpasswd"
    }
  }
}
`)
	all, secrets := objects(t, directory, Options{Image: "edgegen", Replicas: 1})
	text, err := Stream(all, secrets)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"public__index.html: a page", "--from-file=public__htpasswd=public/htpasswd",
		// HTTP/3 and the collector of traces find their way.
		"- name: http3\n    port: 443\n    protocol: UDP", "port: 443\n      protocol: UDP", "port: 4318\n      protocol: TCP\n    to:\n    - ipBlock:\n        cidr: 10.0.0.9/32"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(string(text), "$2y$") {
		t.Error("a password's hash is in the output")
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestOptions holds that a wrong option is told before a cluster is.
func TestOptions(t *testing.T) {
	loaded, diagnostics := config.Load("testdata/shop")
	if loaded.Edge == nil {
		t.Fatalf("%v", diagnostics)
	}
	for want, o := range map[string]Options{
		"--name":        {Name: "Shop", Image: "edgegen"},
		"--namespace":   {Namespace: "web\nkind: Pod", Image: "edgegen"},
		"--image":       {},
		`--image "a b"`: {Image: "a b"},
	} {
		o.Replicas = 1
		if _, _, _, err := Objects(loaded, o, "1.2.3"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want one that begins with %s", o, err, want)
		}
	}
}

func TestNamed(t *testing.T) {
	for host, want := range map[string]string{
		"vzine.us": "vzine-us", "8bit.example": "edge-8bit-example", "xn--bcher-kva.example": "xn--bcher-kva-example",
		"::1": "edge-1", strings.Repeat("long.", 20): strings.TrimRight(strings.Repeat("long-", 8), "-"),
	} {
		if got := named(host); got != want {
			t.Errorf("%s is named %q, want %q", host, got, want)
		}
	}
}
