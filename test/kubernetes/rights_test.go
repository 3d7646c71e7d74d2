package kubernetes

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"edgegen/test/cluster"
)

// TestRights asks the server what the account may do that `edgegen export kubernetes` makes
// for a site that keeps certificates in Secrets and finds members by EndpointSlices: that,
// in the namespaces that the site names, and nothing besides.
func TestRights(t *testing.T) {
	c := connect(t, cluster.Start(t))
	for _, name := range []string{"web", "shop"} {
		c.namespace(t, name)
	}
	site := anywhere(t, "testdata/sites/store")
	for home, options := range map[string][]string{"web": {"--name", "edge"}, "shop": {"--name", "edge", "--namespace", "shop"}} {
		t.Run(home, func(t *testing.T) {
			printed, said, err := edgegen(t, append([]string{"export", "kubernetes", site}, options...)...)
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			for _, o := range decode(t, printed) {
				if o.GetNamespace() == "" {
					t.Errorf("%s has no namespace", named(o))
				}
				c.apply(t, o, o.GetNamespace())
			}
			account := "system:serviceaccount:" + home + ":edge"
			var may []string
			for _, resource := range []string{"secrets", "leases.coordination.k8s.io", "endpointslices.discovery.k8s.io", "pods", "configmaps", "services", "endpoints", "roles.rbac.authorization.k8s.io"} {
				for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"} {
					if c.may(t, account, "web", verb, resource) {
						may = append(may, resource+" "+verb)
					}
					for _, other := range []string{"shop", "default", ""} {
						if c.may(t, account, other, verb, resource) {
							t.Errorf("%s may %s %s in %q", account, verb, resource, other)
						}
					}
				}
			}
			want := []string{"secrets get", "secrets list", "secrets create", "secrets update", "secrets delete",
				"leases.coordination.k8s.io get", "leases.coordination.k8s.io create", "leases.coordination.k8s.io update",
				"endpointslices.discovery.k8s.io list", "endpointslices.discovery.k8s.io watch"}
			if !slices.Equal(may, want) {
				t.Errorf("%s may\n%s\nand not\n%s", account, strings.Join(may, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// may reports whether an account may do something in a namespace, "" for all of them.
func (c *client) may(t *testing.T, account, namespace, verb, resource string) bool {
	t.Helper()
	plural, group, _ := strings.Cut(resource, ".")
	review := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": map[string]any{
		"user": account, "groups": []any{"system:authenticated", "system:serviceaccounts"},
		"resourceAttributes": map[string]any{"namespace": namespace, "verb": verb, "group": group, "resource": plural},
	}}}
	made, err := c.dynamic.Resource(schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "subjectaccessreviews"}).Create(t.Context(), review, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	allowed, _, err := unstructured.NestedBool(made.Object, "status", "allowed")
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}
