package kubernetes

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"edgegen/internal/gateway"
)

func gatewayObjects(t *testing.T, file string, o GatewayOptions) []Object {
	t.Helper()
	var err error
	if o.Shared, err = gateway.LoadShared(file); err != nil {
		t.Fatal(err)
	}
	if file != "" {
		if o.Text, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	all, err := GatewayObjects(o, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGatewayStream compares the whole output with what is kept, and holds that each
// object is one of its type.
func TestGatewayStream(t *testing.T) {
	all := gatewayObjects(t, "testdata/gateway/edge.hcl", GatewayOptions{Classes: "edgegen", Ports: []uint16{80, 443, 8443},
		Options: Options{Name: "edgegen-gateway", Namespace: "edgegen", Image: "registry.example/edgegen:1.2.3", Replicas: 2, ServiceMonitor: true}})
	got, err := Stream(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/gateway.yaml", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/gateway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go test with -update where this is meant:\n%s", diff)
	}
	types := map[string]any{
		"serviceaccount.yaml": &corev1.ServiceAccount{}, "clusterrole.yaml": &rbacv1.ClusterRole{}, "clusterrolebinding.yaml": &rbacv1.ClusterRoleBinding{},
		"role.yaml": &rbacv1.Role{}, "rolebinding.yaml": &rbacv1.RoleBinding{}, "lease.yaml": &coordinationv1.Lease{}, "configmap.yaml": &corev1.ConfigMap{},
		"gatewayclass.yaml": &gatewayv1.GatewayClass{}, "ingressclass.yaml": &networkingv1.IngressClass{}, "service.yaml": &corev1.Service{}, "service-metrics.yaml": &corev1.Service{},
		"deployment.yaml": &appsv1.Deployment{}, "poddisruptionbudget.yaml": &policyv1.PodDisruptionBudget{}, "horizontalpodautoscaler.yaml": &autoscalingv2.HorizontalPodAutoscaler{},
		"networkpolicy.yaml": &networkingv1.NetworkPolicy{},
	}
	for _, one := range all {
		text, err := one.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if into := types[one.File]; into != nil {
			if err := yaml.UnmarshalStrict(text, into); err != nil {
				t.Errorf("%s: %v", one.File, err)
			}
		} else if one.File != "servicemonitor.yaml" {
			t.Errorf("%s is of no known type", one.File)
		}
	}
}

// TestGatewayRights holds that a controller may read what it serves, write the statuses
// that it writes, and do nothing else.
func TestGatewayRights(t *testing.T) {
	all := gatewayObjects(t, "", GatewayOptions{Classes: "edgegen", Ports: []uint16{80}, Options: Options{Name: "edgegen-gateway", Namespace: "edgegen", Image: "edgegen", Replicas: 2}})
	read, written := map[string]bool{}, map[string]bool{}
	for _, one := range all {
		role, ok := one.Value.(*rbacv1.ClusterRole)
		if !ok {
			continue
		}
		for _, rule := range role.Rules {
			for _, resource := range rule.Resources {
				switch {
				case slices.Equal(rule.Verbs, []string{"list", "watch"}):
					read[rule.APIGroups[0]+"/"+resource] = true
				case slices.Equal(rule.Verbs, []string{"update"}):
					written[rule.APIGroups[0]+"/"+resource] = true
				default:
					t.Errorf("%+v", rule)
				}
			}
		}
	}
	if len(read) != len(gateway.Kinds()) {
		t.Errorf("it reads %v", read)
	}
	for _, kind := range gateway.Kinds() {
		if !read[kind.Group+"/"+kind.Resource] {
			t.Errorf("it does not read %s", kind.Resource)
		}
		if kind.Told != written[kind.Group+"/"+kind.Resource+"/status"] {
			t.Errorf("of the statuses of %s it writes %t, want %t", kind.Resource, !kind.Told, kind.Told)
		}
		delete(written, kind.Group+"/"+kind.Resource+"/status")
	}
	if len(written) > 0 {
		t.Errorf("it writes %v", written)
	}
}
