package gateway

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestPublished holds which address of a Service statuses tell.
func TestPublished(t *testing.T) {
	balanced := func(one ...corev1.LoadBalancerIngress) (s corev1.Service) {
		s.Spec.Type, s.Spec.ClusterIP, s.Status.LoadBalancer.Ingress = corev1.ServiceTypeLoadBalancer, "10.96.0.1", one
		return s
	}
	inner := corev1.Service{Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.96.0.1"}}
	headless := corev1.Service{Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone}}
	for name, c := range map[string]struct {
		service corev1.Service
		want    string
	}{
		"an address":     {balanced(corev1.LoadBalancerIngress{IP: "192.0.2.1"}), "192.0.2.1"},
		"a host":         {balanced(corev1.LoadBalancerIngress{Hostname: "edge.example"}), "edge.example"},
		"the first":      {balanced(corev1.LoadBalancerIngress{}, corev1.LoadBalancerIngress{IP: "192.0.2.2"}), "192.0.2.2"},
		"none yet":       {balanced(), ""},
		"the cluster's":  {inner, "10.96.0.1"},
		"without any":    {headless, ""},
		"another's name": {corev1.Service{}, ""},
	} {
		c.service.Namespace, c.service.Name = "edgegen", "edge"
		b := newBuilder(Objects{Services: []*corev1.Service{&c.service}}, Options{Published: "203.0.113.1", PublishedBy: types.NamespacedName{Namespace: "edgegen", Name: "edge"}}, nil)
		if got := b.publishedAddress(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	b := newBuilder(Objects{}, Options{PublishedBy: types.NamespacedName{Namespace: "edgegen", Name: "edge"}}, nil)
	if got := b.publishedAddress(); got != "" {
		t.Errorf("of no Service: %q", got)
	}
}
