package kubernetes

import (
	"bytes"
	"encoding/base64"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// secrets runs the commands at the head of what is printed, as a person does in the
// site's directory, and holds that they make what the Deployments take from Secrets. In
// place of kubectl is a function that tells its words.
func (c *client) secrets(t *testing.T, printed []byte, site, namespace string, objects []*unstructured.Unstructured) {
	t.Helper()
	keys := map[string]map[string]bool{}
	for line := range bytes.Lines(printed) {
		command, ok := bytes.CutPrefix(line, []byte("#   kubectl "))
		if !ok {
			continue
		}
		shell := exec.CommandContext(t.Context(), "sh", "-euc", `kubectl() { printf '%s\0' "$@"; }; kubectl `+string(command))
		shell.Dir = site
		words, err := shell.Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		o := secret(t, site, strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00"))
		if keys[o.GetName()] != nil {
			t.Errorf("two commands make the Secret %s", o.GetName())
		}
		keys[o.GetName()] = map[string]bool{}
		for key := range o.Object["data"].(map[string]any) {
			keys[o.GetName()][key] = true
		}
		c.apply(t, o, namespace)
	}
	for _, o := range objects {
		if o.GetKind() == "Deployment" {
			holdKeys(t, o, keys)
		}
	}
}

// secret is what `kubectl create secret` makes by these words.
func secret(t *testing.T, site string, words []string) *unstructured.Unstructured {
	t.Helper()
	if len(words) < 4 || words[0] != "create" || words[1] != "secret" {
		t.Fatalf("kubectl %q", words)
	}
	data, kind := map[string]any{}, map[string]string{"generic": "Opaque", "tls": "kubernetes.io/tls"}[words[2]]
	for _, word := range words[4:] {
		flag, value, _ := strings.Cut(word, "=")
		switch key, file, _ := strings.Cut(value, "="); flag {
		case "--from-file":
			data[key] = base64.StdEncoding.EncodeToString(read(t, below(site, file)))
		case "--cert":
			data["tls.crt"] = base64.StdEncoding.EncodeToString(read(t, below(site, value)))
		case "--key":
			data["tls.key"] = base64.StdEncoding.EncodeToString(read(t, below(site, value)))
		}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": words[3]}, "type": kind, "data": data,
	}}
}

func below(site, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(site, file)
}

// holdKeys holds that a Deployment takes no key from a Secret that is not there.
func holdKeys(t *testing.T, deployment *unstructured.Unstructured, keys map[string]map[string]bool) {
	t.Helper()
	template, _, err := unstructured.NestedMap(deployment.Object, "spec", "template", "spec")
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.PodSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(template, &pod, true); err != nil {
		t.Fatal(err)
	}
	for _, volume := range pod.Volumes {
		if volume.Projected == nil {
			continue
		}
		for _, source := range volume.Projected.Sources {
			if source.Secret == nil {
				continue
			}
			for _, item := range source.Secret.Items {
				if !keys[source.Secret.Name][item.Key] {
					t.Errorf("no command makes the key %s of the Secret %s", item.Key, source.Secret.Name)
				}
			}
		}
	}
}
