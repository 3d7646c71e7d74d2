package gateway

import (
	"net/netip"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Status is what is to be written into the status of an object.
type Status struct {
	Of      Ref
	UID     types.UID
	Version string // the resource version of the object that it is about
	// Value is a gatewayv1.GatewayClassStatus, GatewayStatus or HTTPRouteStatus, or a
	// networkingv1.IngressStatus. Was is what is there, of the same type.
	Value, Was any
}

func newStatus(of Ref, o metav1.Object, value, was any) Status {
	return Status{of, o.GetUID(), o.GetResourceVersion(), value, was}
}

// Kind is that of the object.
func (s Status) Kind() Kind {
	all := Kinds()
	return all[slices.IndexFunc(all, func(k Kind) bool { return k.Name == s.Of.Kind })]
}

// Outcomes say how the edges of a plan are doing, by their IDs: nil for one that serves
// what the plan says, and else why it does not. One that is not named is taken to serve.
type Outcomes map[string]error

// Statuses are those of all objects that are served here. now is the time of what changes
// in them.
func (p *Plan) Statuses(outcomes Outcomes, now time.Time) []Status {
	var all []Status
	for _, c := range p.classes {
		all = append(all, newStatus(Ref{"GatewayClass", "", c.Name, ""}, c, classStatus(c, now), c.Status))
	}
	for _, g := range p.gateways {
		if g.kind == "Gateway" {
			all = append(all, newStatus(g.ref(), g, g.status(outcomes, p.published, now), g.Status))
		}
	}
	for _, r := range p.routes {
		if r.kind == "HTTPRoute" {
			all = append(all, newStatus(r.ref(""), r, r.status(now), r.Status))
		}
	}
	for _, g := range p.gateways {
		address := g.published(p.published)
		for _, i := range p.ingresses.served[g.Gateway] {
			all = append(all, newStatus(Ref{"Ingress", i.Namespace, i.Name, ""}, i, ingressStatus(address), i.Status))
		}
	}
	return all
}

func classStatus(c *gatewayv1.GatewayClass, now time.Time) gatewayv1.GatewayClassStatus {
	accepted := condition(gatewayv1.GatewayClassConditionStatusAccepted, true, gatewayv1.GatewayClassReasonAccepted, "edgegen serves the Gateways of this class", c.Generation)
	return gatewayv1.GatewayClassStatus{
		Conditions:        merged(c.Status.Conditions, []metav1.Condition{accepted}, now),
		SupportedFeatures: Features(),
	}
}

// published is what clients connect to; "" where nobody knows, or nobody can.
func (g *gateway) published(instead string) string {
	switch {
	case g.placed.bad() || g.accepted.bad():
		return ""
	case instead == "" && g.address.IsValid():
		return g.address.String()
	}
	return instead
}

// ingressStatus tells where clients find an Ingress.
func ingressStatus(address string) (status networkingv1.IngressStatus) {
	if address == "" {
		return status
	}
	one := networkingv1.IngressLoadBalancerIngress{Hostname: address}
	if isIP(address) {
		one = networkingv1.IngressLoadBalancerIngress{IP: address}
	}
	status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{one}
	return status
}

func isIP(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}
