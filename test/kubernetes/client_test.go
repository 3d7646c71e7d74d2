package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"

	"edgegen/test/cluster"
)

// manager is who sets fields, as the server knows us.
const manager = "edgegen-test"

// A client applies objects, and remembers of what the server warns.
type client struct {
	kubeconfig string
	dynamic    *dynamic.DynamicClient
	kinds      *restmapper.DeferredDiscoveryRESTMapper
	warnings   *warnings
}

// warnings are what the server said beside its answers.
type warnings struct {
	mutex sync.Mutex
	texts []string
}

// HandleWarningHeaderWithContext is called for each warning.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.texts = append(w.texts, text)
}

// take returns the warnings since it was called last.
func (w *warnings) take() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	texts := w.texts
	w.texts = nil
	return texts
}

func connect(t *testing.T, server *cluster.Server) *client {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	said := &warnings{}
	config.WarningHandlerWithContext = said
	config.QPS = -1 // one client, on this machine
	found, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	client := &client{kubeconfig: server.Kubeconfig, kinds: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found)), warnings: said}
	if client.dynamic, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	return client
}

// of is where objects of a kind are asked for.
func (c *client) of(o *unstructured.Unstructured, namespace string) (dynamic.ResourceInterface, error) {
	kind := o.GroupVersionKind()
	mapping, err := c.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) { // a definition may have come since
		c.kinds.Reset()
		mapping, err = c.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return c.dynamic.Resource(mapping.Resource), nil
	}
	return c.dynamic.Resource(mapping.Resource).Namespace(namespace), nil
}

// apply applies an object as `kubectl apply --server-side` does, and returns what the
// server made of it. No field may be unknown or be set twice, and nobody else may
// have a field that is set.
func (c *client) apply(t *testing.T, o *unstructured.Unstructured, namespace string, dryRun ...string) *unstructured.Unstructured {
	t.Helper()
	at, err := c.of(o, namespace)
	if err != nil {
		t.Fatalf("%s: %v", named(o), err)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	made, err := at.Patch(t.Context(), o.GetName(), types.ApplyPatchType, text, metav1.PatchOptions{
		FieldManager: manager, FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun,
	})
	if err != nil {
		t.Fatalf("%s is refused: %v", named(o), err)
	}
	if said := c.warnings.take(); len(said) > 0 {
		t.Errorf("%s is warned of: %q", named(o), said)
	}
	return made
}

// get reads an object; nil where there is none.
func (c *client) get(t *testing.T, o *unstructured.Unstructured, namespace string) *unstructured.Unstructured {
	t.Helper()
	at, err := c.of(o, namespace)
	if err != nil {
		t.Fatalf("%s: %v", named(o), err)
	}
	found, err := at.Get(t.Context(), o.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatalf("%s: %v", named(o), err)
	}
	return found
}

// namespace makes one where pod security lets in nothing but what is restricted, and
// warns of all else.
func (c *client) namespace(t *testing.T, name string) {
	t.Helper()
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name, "labels": map[string]any{
		"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted",
	}}}}
	c.apply(t, o, "")
}

// established waits until objects of a definition can be made.
func (c *client) established(t *testing.T, definition *unstructured.Unstructured) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		conditions, _, _ := unstructured.NestedSlice(c.get(t, definition, "").Object, "status", "conditions") // it may have none yet
		return slices.ContainsFunc(conditions, func(one any) bool {
			condition, ok := one.(map[string]any)
			return ok && condition["type"] == "Established" && condition["status"] == "True"
		}), nil
	})
	if err != nil {
		t.Fatalf("%s: %v", named(definition), err)
	}
}

// named names an object in messages.
func named(o *unstructured.Unstructured) string { return o.GetKind() + " " + o.GetName() }

// missing lists what of want is not in got, by its path. What got has besides is
// the server's: defaults, and what it notes.
func missing(path string, want, got any) []string {
	var all []string
	switch want := want.(type) {
	case map[string]any:
		has, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: %v instead of a map", path, got)}
		}
		for key, value := range want {
			all = append(all, missing(path+"."+key, value, has[key])...)
		}
		slices.Sort(all)
	case []any:
		has, ok := got.([]any)
		if !ok || len(has) != len(want) {
			return []string{fmt.Sprintf("%s: %v instead of %v", path, got, want)}
		}
		for i := range want {
			all = append(all, missing(fmt.Sprintf("%s[%d]", path, i), want[i], has[i])...)
		}
	default:
		if fmt.Sprint(want) != fmt.Sprint(got) {
			all = []string{fmt.Sprintf("%s: %v instead of %v", path, got, want)}
		}
	}
	return all
}
