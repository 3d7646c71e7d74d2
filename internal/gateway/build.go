package gateway

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// builder is a build that is going on.
type builder struct {
	Options
	objects    Objects
	refused    map[Ref]string // parts of objects that config refuses, and why
	namespaces map[string]*corev1.Namespace
	services   map[key]*corev1.Service
	secrets    map[key]*corev1.Secret
	slices     map[key][]*discoveryv1.EndpointSlice // by Service
	grants     grants

	classes  []*gatewayv1.GatewayClass
	gateways []*gateway
	routes   []*route
	edges    []*edge
}

// Plan is what a build has found: the edges that are to run, and what the statuses of
// objects are once they do.
type Plan struct {
	Edges []Edge

	classes   []*gatewayv1.GatewayClass
	gateways  []*gateway
	routes    []*route
	ingresses *ingresses
	published string
}

// Build reads the objects. What refused names is left out, and told to be refused for
// the reason.
func Build(objects Objects, o Options, refused map[Ref]string) *Plan {
	b := newBuilder(objects, o, refused)
	for _, c := range aged(objects.Classes) {
		if c.Spec.ControllerName == ControllerName && (o.Class == "" || o.Class == c.Name) {
			b.classes = append(b.classes, c)
		}
	}
	ingresses := b.readIngresses()
	for _, g := range aged(objects.Gateways) {
		if slices.ContainsFunc(b.classes, func(c *gatewayv1.GatewayClass) bool { return c.Name == string(g.Spec.GatewayClassName) }) {
			b.addGateway(g, "Gateway")
		}
	}
	for _, g := range ingresses.classes {
		b.addGateway(g, ingressClass)
	}
	b.place()
	for _, r := range aged(objects.Routes) {
		b.addRoute(r, "HTTPRoute")
	}
	for _, r := range ingresses.routes {
		b.addRoute(r, "Ingress")
	}
	p := &Plan{classes: b.classes, gateways: b.gateways, routes: b.routes, ingresses: ingresses, published: b.publishedAddress()}
	for _, e := range b.edges {
		if len(e.listeners) > 0 {
			p.Edges = append(p.Edges, e.write(b))
		}
	}
	return p
}

// publishedAddress is what statuses tell clients; "" for where each edge listens.
func (b *builder) publishedAddress() string {
	if b.PublishedBy.Name == "" {
		return b.Published
	}
	service, found := b.services[key{b.PublishedBy.Namespace, b.PublishedBy.Name}]
	if !found {
		return ""
	}
	for _, one := range service.Status.LoadBalancer.Ingress {
		if address := cmp.Or(one.IP, one.Hostname); address != "" {
			return address
		}
	}
	if service.Spec.Type == corev1.ServiceTypeLoadBalancer || service.Spec.ClusterIP == corev1.ClusterIPNone {
		return "" // it is given one yet
	}
	return service.Spec.ClusterIP
}

func newBuilder(objects Objects, o Options, refused map[Ref]string) *builder {
	b := &builder{Options: o, objects: objects, refused: refused, namespaces: map[string]*corev1.Namespace{},
		services: indexed(objects.Services), secrets: indexed(objects.Secrets), slices: map[key][]*discoveryv1.EndpointSlice{}, grants: newGrants(objects.Grants)}
	for _, n := range objects.Namespaces {
		b.namespaces[n.Name] = n
	}
	for _, s := range objects.EndpointSlices {
		of := key{s.Namespace, s.Labels[discoveryv1.LabelServiceName]}
		b.slices[of] = append(b.slices[of], s)
	}
	return b
}

func (b *builder) addGateway(spec *gatewayv1.Gateway, kind string) {
	g := &gateway{Gateway: spec, kind: kind}
	for _, l := range spec.Spec.Listeners {
		g.listeners = append(g.listeners, b.readListener(g, l))
	}
	g.conflicts()
	for _, l := range g.listeners {
		if why, bad := b.refused[l.ref()]; bad {
			l.accepted = first(l.accepted, verdict{string(gatewayv1.ListenerReasonUnsupportedValue), why})
		}
		if why, bad := b.refused[l.certificates()]; bad {
			l.resolved, l.partly = verdict{string(gatewayv1.ListenerReasonInvalidCertificateRef), why}, false
		}
	}
	b.gateways = append(b.gateways, g)
}
