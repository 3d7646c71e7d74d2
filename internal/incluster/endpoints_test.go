package incluster

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// slice is an EndpointSlice of addresses, with ports by their names.
func slice(t *testing.T, kind discoveryv1.AddressType, ports map[string]int32, addresses ...string) *unstructured.Unstructured {
	t.Helper()
	s := &discoveryv1.EndpointSlice{AddressType: kind}
	for name, number := range ports {
		s.Ports = append(s.Ports, discoveryv1.EndpointPort{Name: &name, Port: &number})
	}
	no := false
	for _, address := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: &no}})
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(s)
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: content}
}

// The pods of a Service are those of all its EndpointSlices, at the port that is called so,
// or is the only one; and pods of two families count once.
func TestAddresses(t *testing.T) {
	members := map[string]int32{MembersPort: 6443, "metrics": 9145}
	for name, c := range map[string]struct {
		of    []*unstructured.Unstructured
		want  []string
		wrong string
	}{
		"nothing":      {nil, nil, "has no pod"},
		"no pod":       {[]*unstructured.Unstructured{slice(t, "IPv4", nil)}, nil, "has no pod"},
		"in two":       {[]*unstructured.Unstructured{slice(t, "IPv4", members, "10.0.0.3", "10.0.0.2"), slice(t, "IPv4", members, "10.0.0.2", "10.0.0.1")}, []string{"10.0.0.1:6443", "10.0.0.2:6443", "10.0.0.3:6443"}, ""},
		"one port":     {[]*unstructured.Unstructured{slice(t, "IPv4", map[string]int32{"web": 7000}, "10.0.0.3")}, []string{"10.0.0.3:7000"}, ""},
		"other ports":  {[]*unstructured.Unstructured{slice(t, "IPv4", map[string]int32{"web": 7000, "other": 7001}, "10.0.0.3")}, nil, "has 2 ports, and none that is called members"},
		"no port":      {[]*unstructured.Unstructured{slice(t, "IPv4", nil, "10.0.0.3")}, nil, "has 0 ports"},
		"two families": {[]*unstructured.Unstructured{slice(t, "IPv6", members, "fd00::1"), slice(t, "IPv4", members, "10.0.0.1")}, []string{"10.0.0.1:6443"}, ""},
		"IPv6":         {[]*unstructured.Unstructured{slice(t, "IPv6", members, "fd00::1"), slice(t, "IPv4", members)}, []string{"[fd00::1]:6443"}, ""},
		"names":        {[]*unstructured.Unstructured{slice(t, "FQDN", members, "a.test")}, nil, "has no pod"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Service{"web", "edges", MembersPort}.addresses(c.of)
			var got []string
			for _, a := range found {
				got = append(got, a.String())
			}
			if !slices.Equal(got, c.want) || (err != nil) != (c.wrong != "") || err != nil && (!strings.Contains(err.Error(), c.wrong) || !strings.Contains(err.Error(), "web/edges")) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// Without a cluster to ask, that is said at once, and nobody is told anything else.
func TestNoCluster(t *testing.T) {
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	s := Service{"web", "edges", MembersPort}
	if _, err := s.Addresses(t.Context()); err == nil || !strings.Contains(err.Error(), "find the cluster") {
		t.Errorf("%v", err)
	}
	if err := s.Follow(t.Context(), nil, func([]netip.AddrPort, error) { t.Error("told") }); err == nil || !strings.Contains(err.Error(), "find the cluster") {
		t.Errorf("%v", err)
	}
}
