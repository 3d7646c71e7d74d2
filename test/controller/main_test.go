// Package controller holds what `edgegen gateway` promises against an API server of
// Kubernetes: the clauses G of the contract.
package controller

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"edgegen/internal/gateway"
	"edgegen/test/cluster"
	"edgegen/test/edge"
)

func TestMain(m *testing.M) { os.Exit(edge.Main(m)) }

// tester is a cluster with the definitions of the Gateway API.
type tester struct {
	*testing.T
	kubeconfig string
	client     dynamic.Interface
}

func newTester(t *testing.T) *tester {
	t.Helper()
	server := cluster.Start(t)
	config, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	c := &tester{t, server.Kubeconfig, client}
	for _, path := range definitions(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c.apply(string(text))
	}
	c.kubeconfig = c.impersonated()
	for _, kind := range gateway.Kinds() {
		c.until("the cluster knows "+kind.Name, func() bool {
			_, err := client.Resource(kind.GroupVersionResource).List(t.Context(), metav1.ListOptions{})
			return err == nil
		})
	}
	c.apply("{apiVersion: v1, kind: Namespace, metadata: {name: edgegen}}")
	c.apply(exported(t))
	return c
}

// definitions are the files of the Gateway API's module that define its objects.
func definitions(t *testing.T) []string {
	t.Helper()
	directory, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(directory)), "config/crd/standard/gateway.networking.k8s.io_*s.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d definitions, %v", len(paths), err)
	}
	return paths
}

// exported are the objects of a controller with its rights.
func exported(t *testing.T) string {
	t.Helper()
	text, err := exec.Command(edge.Program("edgegen"), "export", "kubernetes", "--gateway").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// impersonated is a kubeconfig of the exported ServiceAccount.
func (c *tester) impersonated() string {
	c.Helper()
	config, err := clientcmd.LoadFromFile(c.kubeconfig)
	if err != nil {
		c.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		user.Impersonate = "system:serviceaccount:edgegen:edgegen-gateway"
	}
	path := filepath.Join(c.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		c.Fatal(err)
	}
	return path
}

// resource is where objects of a kind are asked for.
func (c *tester) resource(o *unstructured.Unstructured) dynamic.ResourceInterface {
	plural, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
	for _, kind := range gateway.Kinds() {
		if kind.Name == o.GetKind() {
			plural = kind.GroupVersionResource
		}
	}
	if o.GetNamespace() == "" {
		return c.client.Resource(plural)
	}
	return c.client.Resource(plural).Namespace(o.GetNamespace())
}

func objects(t *testing.T, text string) (all []*unstructured.Unstructured) {
	t.Helper()
	for document := range strings.SplitSeq("\n"+text, "\n---") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if len(o.Object) > 0 {
			all = append(all, o)
		}
	}
	return all
}

// apply makes objects as a text of YAML says.
func (c *tester) apply(text string) {
	c.Helper()
	for _, o := range objects(c.T, text) {
		content, err := yaml.Marshal(o.Object)
		if err != nil {
			c.Fatal(err)
		}
		_, err = c.resource(o).Patch(c.Context(), o.GetName(), types.ApplyYAMLPatchType, content, metav1.PatchOptions{FieldManager: "edgegen-test"})
		if err != nil {
			c.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
	}
}

// remove takes objects away that a text of YAML names.
func (c *tester) remove(text string) {
	c.Helper()
	for _, o := range objects(c.T, text) {
		if err := c.resource(o).Delete(c.Context(), o.GetName(), metav1.DeleteOptions{}); err != nil {
			c.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
	}
}

// until waits until something holds.
func (c *tester) until(what string, holds func() bool) {
	c.Helper()
	edge.Await(c.T, what, edge.Patience, holds, func(ok bool) bool { return ok })
}

// status reads what the status of an object of the Gateway API says.
func (c *tester) status(resource, name string, into any) {
	c.Helper()
	at := c.client.Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: resource})
	var found *unstructured.Unstructured
	var err error
	if namespace, short, has := strings.Cut(name, "/"); has {
		found, err = at.Namespace(namespace).Get(c.Context(), short, metav1.GetOptions{})
	} else {
		found, err = at.Get(c.Context(), name, metav1.GetOptions{})
	}
	if err != nil {
		c.Fatalf("%s: %v", name, err)
	}
	text, err := yaml.Marshal(found.Object["status"])
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		c.Fatalf("%s: %v", name, err)
	}
}

// onEach runs a test with builtin tiers, with daemons, and with a mix of both.
func onEach(t *testing.T, test func(*testing.T, edge.Combination)) {
	for _, engines := range edge.Named(t, "builtin,native,varnish-alone") {
		t.Run(engines.Name, func(t *testing.T) { test(t, engines) })
	}
}

// startWith starts a controller with a state directory of its own.
func (c *tester) startWith(engines edge.Combination, arguments ...string) *edge.Edge {
	c.Helper()
	home := edge.NewHome(c.T, engines)
	return home.Start(func(command *exec.Cmd) {
		command.Args = append([]string{command.Args[0], "gateway", "--kubeconfig", c.kubeconfig, "--lease-namespace", "edgegen", "--engine", home.Argument(), "--state-dir", home.State}, arguments...)
	})
}

// stop has a controller end, as systemd would.
func stop(t *testing.T, running *edge.Edge) {
	t.Helper()
	running.Signal(syscall.SIGTERM)
	if code := running.Ends(); code != 0 {
		t.Errorf("the controller ended with %d", code)
	}
}
