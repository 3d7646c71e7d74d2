package kubernetes

import (
	"bytes"
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"edgegen/test/cluster"
)

const shop = "../../internal/kubernetes/testdata/shop"

// TestScaled holds that a site that is applied again leaves the number of edges to who
// scales them.
func TestScaled(t *testing.T) {
	c := connect(t, cluster.Start(t))
	c.namespace(t, "scaled")
	printed, said, err := edgegen(t, "export", "kubernetes", anywhere(t, shop))
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, o := range decode(t, printed) {
		c.apply(t, o, "scaled")
		if o.GetKind() != "Deployment" {
			continue
		}
		at, err := c.of(o, "scaled")
		if err != nil {
			t.Fatal(err)
		}
		_, err = at.Patch(t.Context(), o.GetName(), types.MergePatchType, []byte(`{"spec":{"replicas":5}}`), metav1.PatchOptions{FieldManager: "scaler"}, "scale")
		if err != nil {
			t.Fatal(err)
		}
		again := c.apply(t, o, "scaled")
		if replicas, _, _ := unstructured.NestedInt64(again.Object, "spec", "replicas"); replicas != 5 {
			t.Errorf("after it was scaled to 5 edges and applied again, there are %d", replicas)
		}
	}
}

// TestOpenShift applies a base with the patch that the README has for a cluster that
// chooses users itself.
func TestOpenShift(t *testing.T) {
	c := connect(t, cluster.Start(t))
	c.namespace(t, "given")
	overlay := t.TempDir()
	if _, said, err := edgegen(t, "export", "kubernetes", anywhere(t, shop), "-o", filepath.Join(overlay, "base")); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	_, rest, _ := bytes.Cut(read(t, "../../README.md"), []byte("```yaml\n# kustomization.yaml\n"))
	patch, _, found := bytes.Cut(rest, []byte("```\n"))
	if !found {
		t.Fatal("the README has no kustomization.yaml")
	}
	write(t, filepath.Join(overlay, "kustomization.yaml"), patch)
	objects := decode(t, kustomized(t, overlay))
	for _, o := range objects {
		c.apply(t, o, "given")
		security, _, _ := unstructured.NestedMap(o.Object, "spec", "template", "spec", "securityContext")
		for _, field := range []string{"runAsUser", "runAsGroup", "fsGroup"} {
			if security[field] != nil {
				t.Errorf("%s has %s", named(o), field)
			}
		}
	}
	c.pods(t, objects, "given")
}
