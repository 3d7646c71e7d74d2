package gateway

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// ControllerName is what a GatewayClass or an IngressClass names to have its objects
// served by edgegen.
const ControllerName = "edgegen.dev/gateway"

// Objects is what a cluster says at one time. Build changes none of it.
type Objects struct {
	Classes        []*gatewayv1.GatewayClass
	Gateways       []*gatewayv1.Gateway
	Routes         []*gatewayv1.HTTPRoute
	Grants         []*gatewayv1.ReferenceGrant
	IngressClasses []*networkingv1.IngressClass
	Ingresses      []*networkingv1.Ingress
	Namespaces     []*corev1.Namespace
	Services       []*corev1.Service
	EndpointSlices []*discoveryv1.EndpointSlice
	Secrets        []*corev1.Secret
}

// Options are what is the same for all objects.
type Options struct {
	// Class is the name of the one GatewayClass, and of the one IngressClass, whose
	// objects are served; "" for each that names ControllerName.
	Class string
	// Addresses are those that edges listen at, of which each Gateway has one; empty
	// where they listen at all addresses of the machine, and share the ports.
	Addresses []netip.Addr
	// Published is what statuses tell clients to connect to, in place of the address
	// that the edge listens at: an IP address or a host. "" for that address.
	Published string
	// PublishedBy is the Service whose address statuses tell, in place of Published: that
	// of its load balancer, or else its own. The zero value is none.
	PublishedBy types.NamespacedName
	// Shared is a file with an edge block that holds for all edges; "" for none.
	Shared string
	// Answers is the absolute path of a directory with the sockets of the Answers.
	Answers string
}

// Ref names an object, and what is meant in it.
type Ref struct {
	Kind, Namespace, Name string
	Part                  string // such as "rule 2" or "listener web"; "" for the whole
}

// String names it as people do, such as "HTTPRoute shop/web, rule 2".
func (r Ref) String() string {
	name := r.Name
	if r.Namespace != "" {
		name = r.Namespace + "/" + r.Name
	}
	if r.Part != "" {
		return fmt.Sprintf("%s %s, %s", r.Kind, name, r.Part)
	}
	return r.Kind + " " + name
}

// key names an object of a namespace.
type key struct{ namespace, name string }

func keyOf(o metav1.Object) key { return key{o.GetNamespace(), o.GetName()} }

// byAge orders objects as the Gateway API prefers them: the oldest first, and of equal
// ones by namespace and name.
func byAge[T metav1.Object](a, b T) int {
	x, y := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
}

// aged is a list in that order.
func aged[T metav1.Object](all []T) []T {
	all = slices.Clone(all)
	slices.SortFunc(all, byAge[T])
	return all
}

// indexed is a list as a map.
func indexed[T metav1.Object](all []T) map[key]T {
	index := make(map[key]T, len(all))
	for _, o := range all {
		index[keyOf(o)] = o
	}
	return index
}
