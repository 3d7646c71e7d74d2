package kubernetes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"edgegen/test/cluster"
)

// TestExport applies what `edgegen export kubernetes` makes of many sites, with all of
// its options, to a namespace for each.
func TestExport(t *testing.T) {
	c := connect(t, cluster.Start(t))
	for _, definition := range decode(t, read(t, "testdata/servicemonitors.yaml")) {
		c.apply(t, definition, "")
		c.established(t, definition)
	}
	for number, directory := range sites(t) {
		t.Run(strings.TrimPrefix(directory, "../../"), func(t *testing.T) {
			site := anywhere(t, directory)
			for name, options := range map[string][]string{
				"plain":    {"--name", "edge"},
				"image":    {"--name", "edge", "--in-image", "--replicas", "7", "--image", "registry.example:5000/team/edgegen:1.0@sha256:" + strings.Repeat("a", 64)},
				"by-host":  {"--replicas", "1"},
				"placed":   {"--namespace"},
				"measured": {"--name", "edge", "--service-monitor"},
			} {
				t.Run(name, func(t *testing.T) {
					namespace := fmt.Sprintf("site-%d-%s", number, name)
					if name == "placed" {
						options = append(slices.Clone(options), namespace)
					}
					c.exported(t, site, namespace, options)
				})
			}
		})
	}
}

// exported holds that a site's objects are accepted as they are, that applying them
// again changes nothing, and that the pods that come of them are let in.
func (c *client) exported(t *testing.T, site, namespace string, options []string) {
	placed(t, site, namespace)
	base := filepath.Join(t.TempDir(), "base")
	arguments := append([]string{"export", "kubernetes", site}, options...)
	if _, said, err := edgegen(t, append(arguments, "-o", base)...); err != nil {
		if slices.Contains(options, "--service-monitor") && strings.Contains(said, "there is nothing to monitor") {
			return // which is what such a site is told
		}
		t.Fatalf("%v\n%s", err, said)
	}
	printed, _, err := edgegen(t, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	objects := decode(t, kustomized(t, base))
	if streamed := decode(t, printed); !same(objects, streamed) {
		t.Errorf("what is printed and what kustomize makes of the base differ:\n%s", printed)
	}
	c.namespace(t, namespace)
	for _, o := range objects {
		if differs := missing("", o.Object, c.apply(t, o, namespace, "All").Object); len(differs) > 0 {
			t.Errorf("%s is not accepted as it is: %q", named(o), differs)
		}
		if c.get(t, o, namespace) != nil {
			t.Errorf("%s is there after a dry run", named(o))
		}
	}
	for _, o := range objects {
		c.settled(t, o, namespace)
	}
	c.secrets(t, printed, site, namespace, objects)
	c.pods(t, objects, namespace)
}

// settled applies an object, reads it, and applies it again, which changes nothing.
func (c *client) settled(t *testing.T, o *unstructured.Unstructured, namespace string) {
	t.Helper()
	c.apply(t, o, namespace)
	first := c.get(t, o, namespace)
	if first == nil {
		t.Fatalf("%s is not there after it was applied", named(o))
	}
	if differs := missing("", o.Object, first.Object); len(differs) > 0 {
		t.Errorf("%s is kept otherwise: %q", named(o), differs)
	}
	again := c.apply(t, o, namespace)
	// An object of a definition has the defaults of its status noted by the second time.
	defined := strings.HasSuffix(o.GroupVersionKind().Group, ".networking.k8s.io")
	if again.GetGeneration() != first.GetGeneration() || again.GetResourceVersion() != first.GetResourceVersion() && !defined {
		t.Errorf("%s is changed by being applied again: %q", named(o), missing("", first.Object, again.Object))
	}
	for _, entry := range again.GetManagedFields() {
		if entry.Manager != manager && entry.Subresource == "" {
			t.Errorf("%s has fields of %s", named(o), entry.Manager)
		}
	}
}

// pods creates a pod of each Deployment, as its controller would, where nothing is
// created in the end.
func (c *client) pods(t *testing.T, objects []*unstructured.Unstructured, namespace string) {
	t.Helper()
	for _, o := range objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		template, _, err := unstructured.NestedMap(o.Object, "spec", "template")
		if err != nil {
			t.Fatal(err)
		}
		pod := &unstructured.Unstructured{Object: template}
		pod.SetAPIVersion("v1")
		pod.SetKind("Pod")
		pod.SetName("pod")
		made := c.apply(t, pod, namespace, "All")
		withoutToken(made.Object)
		if differs := missing("", pod.Object, made.Object); len(differs) > 0 {
			t.Errorf("the pod is changed as it is let in: %q", differs)
		}
	}
}

// withoutToken takes what the server adds for a pod that has its account's token out of
// what it has made: a volume, and where that is mounted.
func withoutToken(pod map[string]any) {
	token := func(one any) bool {
		name, _ := one.(map[string]any)["name"].(string)
		return strings.HasPrefix(name, "kube-api-access-")
	}
	spec := pod["spec"].(map[string]any)
	container := spec["containers"].([]any)[0].(map[string]any)
	for _, list := range []struct {
		of   map[string]any
		name string
	}{{spec, "volumes"}, {container, "volumeMounts"}} {
		if all, ok := list.of[list.name].([]any); ok {
			list.of[list.name] = slices.DeleteFunc(all, token)
		}
	}
}

// edgegen runs the program that EDGEGEN_UNDER_TEST names, and returns what it prints,
// and what it says besides.
func edgegen(t *testing.T, arguments ...string) (out []byte, said string, err error) {
	t.Helper()
	program := os.Getenv("EDGEGEN_UNDER_TEST")
	if program == "" {
		t.Fatal("EDGEGEN_UNDER_TEST names no edgegen: make kubernetes does")
	}
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err = cmd.Output()
	return out, stderr.String(), err
}

// kustomized is what `kustomize build` makes of a directory.
func kustomized(t *testing.T, directory string) []byte {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
	if err != nil {
		t.Fatalf("kustomize: %v", err)
	}
	text, err := made.AsYaml()
	if err != nil {
		t.Fatalf("kustomize: %v", err)
	}
	return text
}

// decode reads objects as they are applied.
func decode(t *testing.T, text []byte) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for reader := utilyaml.NewYAMLToJSONDecoder(bytes.NewReader(text)); ; {
		o := &unstructured.Unstructured{}
		err := reader.Decode(o)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if o.Object != nil { // comments alone
			all = append(all, o)
		}
	}
}

// same reports whether there are the same objects, in whatever order.
func same(a, b []*unstructured.Unstructured) bool {
	if len(a) != len(b) {
		return false
	}
	return !slices.ContainsFunc(a, func(one *unstructured.Unstructured) bool {
		at := slices.IndexFunc(b, func(other *unstructured.Unstructured) bool { return named(one) == named(other) })
		return at < 0 || len(missing("", one.Object, b[at].Object))+len(missing("", b[at].Object, one.Object)) > 0
	})
}
