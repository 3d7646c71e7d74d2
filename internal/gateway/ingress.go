package gateway

import (
	"cmp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// ingressClass is the kind of object that stands for the Gateway of its Ingresses.
const ingressClass = "IngressClass"

// sslRedirect is the annotation of ingress-nginx by which hosts that have a certificate
// are served by http as well, where it is "false", and not led to https.
const sslRedirect = "nginx.ingress.kubernetes.io/ssl-redirect"

// The ports of an IngressClass.
const (
	plainPort  = 80
	securePort = 443
)

// ingresses are Ingresses as a Gateway for each class, and routes.
type ingresses struct {
	classes []*gatewayv1.Gateway
	routes  []*gatewayv1.HTTPRoute
	served  map[*gatewayv1.Gateway][]*networkingv1.Ingress
}

// readIngresses makes Gateways and HTTPRoutes of Ingresses, which say less.
func (b *builder) readIngresses() *ingresses {
	all := &ingresses{served: map[*gatewayv1.Gateway][]*networkingv1.Ingress{}}
	for _, c := range aged(b.objects.IngressClasses) {
		if c.Spec.Controller != ControllerName || b.Class != "" && b.Class != c.Name {
			continue
		}
		g := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Name: c.Name, CreationTimestamp: c.CreationTimestamp}}
		g.Spec.Listeners = []gatewayv1.Listener{everybodys("http", plainPort, gatewayv1.HTTPProtocolType, "")}
		for _, one := range aged(b.objects.Ingresses) {
			if classOf(one) == c.Name {
				all.served[g] = append(all.served[g], one)
				b.readIngress(all, g, one)
			}
		}
		if len(all.served[g]) > 0 { // else there is nothing to listen for
			all.classes = append(all.classes, g)
		}
	}
	return all
}

func classOf(i *networkingv1.Ingress) string {
	if i.Spec.IngressClassName != nil {
		return *i.Spec.IngressClassName
	}
	return i.Annotations["kubernetes.io/ingress.class"]
}

// everybodys is a listener that takes routes of every namespace.
func everybodys(name string, port int32, protocol gatewayv1.ProtocolType, host string) gatewayv1.Listener {
	from, called := gatewayv1.NamespacesFromAll, gatewayv1.Hostname(host)
	l := gatewayv1.Listener{Name: gatewayv1.SectionName(name), Port: port, Protocol: protocol,
		AllowedRoutes: &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{From: &from}}}
	if host != "" {
		l.Hostname = &called
	}
	return l
}

// readIngress adds a route for each host of an Ingress, and a listener for each that it
// has a certificate for.
func (b *builder) readIngress(all *ingresses, g *gatewayv1.Gateway, i *networkingv1.Ingress) {
	hosts, rules := b.ingressRules(i)
	for _, host := range hosts {
		section := "http"
		if secret := secretFor(i, host); secret != "" {
			section = "https " + host
			secureListener(g, section, host, key{i.Namespace, secret})
			plain := []gatewayv1.HTTPRouteRule{toHTTPS()}
			if i.Annotations[sslRedirect] == "false" {
				plain = rules[host]
			}
			all.routes = append(all.routes, ingressRoute(g, i, "http", host, plain))
		}
		all.routes = append(all.routes, ingressRoute(g, i, section, host, rules[host]))
	}
}

// ingressRules are those of each host, "" for every one, in the order of the Ingress.
func (b *builder) ingressRules(i *networkingv1.Ingress) (hosts []string, rules map[string][]gatewayv1.HTTPRouteRule) {
	rules = map[string][]gatewayv1.HTTPRouteRule{}
	add := func(host string, path networkingv1.HTTPIngressPath) {
		if rules[host] == nil {
			hosts = append(hosts, host)
		}
		rules[host] = append(rules[host], b.ingressRule(i, path))
	}
	for _, r := range i.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for _, path := range r.HTTP.Paths {
			add(r.Host, path)
		}
	}
	if i.Spec.DefaultBackend != nil {
		add("", networkingv1.HTTPIngressPath{Backend: *i.Spec.DefaultBackend})
	}
	return hosts, rules
}

// secretFor is the Secret that an Ingress has for a host; "" for none.
func secretFor(i *networkingv1.Ingress, host string) string {
	for _, t := range i.Spec.TLS {
		if len(t.Hosts) == 0 || slices.Contains(t.Hosts, host) {
			return t.SecretName
		}
	}
	return ""
}

// secureListener adds a listener for a host, unless an older Ingress has done so.
func secureListener(g *gatewayv1.Gateway, name, host string, secret key) {
	if slices.ContainsFunc(g.Spec.Listeners, func(l gatewayv1.Listener) bool { return string(l.Name) == name }) {
		return
	}
	l := everybodys(name, securePort, gatewayv1.HTTPSProtocolType, host)
	namespace := gatewayv1.Namespace(secret.namespace)
	l.TLS = &gatewayv1.ListenerTLSConfig{CertificateRefs: []gatewayv1.SecretObjectReference{{Name: gatewayv1.ObjectName(secret.name), Namespace: &namespace}}}
	g.Spec.Listeners = append(g.Spec.Listeners, l)
}

func ingressRoute(g *gatewayv1.Gateway, i *networkingv1.Ingress, section, host string, rules []gatewayv1.HTTPRouteRule) *gatewayv1.HTTPRoute {
	kind, nowhere, name := gatewayv1.Kind(ingressClass), gatewayv1.Namespace(""), gatewayv1.SectionName(section)
	r := &gatewayv1.HTTPRoute{ObjectMeta: i.ObjectMeta}
	r.Spec.ParentRefs = []gatewayv1.ParentReference{{Kind: &kind, Namespace: &nowhere, Name: gatewayv1.ObjectName(g.Name), SectionName: &name}}
	r.Spec.Rules = rules
	if host != "" {
		r.Spec.Hostnames = []gatewayv1.Hostname{gatewayv1.Hostname(host)}
	}
	return r
}

// toHTTPS leads to the same URL by https, as ingress-nginx does.
func toHTTPS() gatewayv1.HTTPRouteRule {
	scheme, status := "https", 308
	return gatewayv1.HTTPRouteRule{Filters: []gatewayv1.HTTPRouteFilter{{Type: gatewayv1.HTTPRouteFilterRequestRedirect,
		RequestRedirect: &gatewayv1.HTTPRequestRedirectFilter{Scheme: &scheme, StatusCode: &status}}}}
}

// ingressRule is the rule of a path. Prefixes are of whole segments for both kinds of
// objects.
func (b *builder) ingressRule(i *networkingv1.Ingress, path networkingv1.HTTPIngressPath) gatewayv1.HTTPRouteRule {
	kind, value := gatewayv1.PathMatchPathPrefix, cmp.Or(path.Path, "/")
	if path.PathType != nil && *path.PathType == networkingv1.PathTypeExact {
		kind = gatewayv1.PathMatchExact
	}
	var ref gatewayv1.HTTPBackendRef
	if s := path.Backend.Service; s != nil {
		port := s.Port.Number
		if service := b.services[key{i.Namespace, s.Name}]; service != nil && s.Port.Name != "" {
			for _, p := range service.Spec.Ports {
				if p.Name == s.Port.Name {
					port = p.Port
				}
			}
		}
		ref.Name, ref.Port = gatewayv1.ObjectName(s.Name), &port
	} else if o := path.Backend.Resource; o != nil {
		of := gatewayv1.Kind(o.Kind)
		ref.Kind, ref.Name = &of, gatewayv1.ObjectName(o.Name)
	}
	return gatewayv1.HTTPRouteRule{Matches: []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Type: &kind, Value: &value}}},
		BackendRefs: []gatewayv1.HTTPBackendRef{ref}}
}
