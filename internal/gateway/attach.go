package gateway

import (
	"fmt"
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// route is an HTTPRoute, and how it is doing at each of its parents here.
type route struct {
	*gatewayv1.HTTPRoute
	kind     string // of the object that it stands for: an HTTPRoute or an Ingress
	rules    []*rule
	dropped  []string // rules that are not served as they are written, and why
	accepted verdict  // wherever it is attached
	resolved verdict
	parents  []*parent
}

// parent is a Gateway that a route names.
type parent struct {
	ref      gatewayv1.ParentReference
	accepted verdict
}

func (r *route) ref(part string) Ref { return Ref{r.kind, r.Namespace, r.Name, part} }

// addRoute attaches a route to the listeners that it names, where it names one here.
func (b *builder) addRoute(spec *gatewayv1.HTTPRoute, kind string) {
	r := &route{HTTPRoute: spec, kind: kind}
	for _, ref := range spec.Spec.ParentRefs {
		g := b.parent(spec, ref)
		if g == nil {
			continue
		}
		if len(r.parents) == 0 {
			b.readRules(r)
		}
		p := &parent{ref: ref, accepted: r.accepted}
		if !p.accepted.bad() {
			p.accepted = b.attach(r, g, ref)
		}
		r.parents = append(r.parents, p)
	}
	// One that has left its Gateway has a status that says otherwise.
	left := slices.ContainsFunc(spec.Status.Parents, func(p gatewayv1.RouteParentStatus) bool { return p.ControllerName == ControllerName })
	if len(r.parents) > 0 || left && kind == "HTTPRoute" {
		b.routes = append(b.routes, r)
	}
}

// parent is the Gateway that a reference names; nil where it is none of ours.
func (b *builder) parent(r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference) *gateway {
	if ref.Group != nil && *ref.Group != gatewayv1.GroupName {
		return nil
	}
	kind, namespace := "Gateway", r.Namespace
	if ref.Kind != nil {
		kind = string(*ref.Kind)
	}
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	at := slices.IndexFunc(b.gateways, func(g *gateway) bool {
		return g.kind == kind && g.Namespace == namespace && g.Name == string(ref.Name)
	})
	if at < 0 {
		return nil
	}
	return b.gateways[at]
}

// attach puts the rules of a route behind the listeners of a Gateway that take them.
func (b *builder) attach(r *route, g *gateway, ref gatewayv1.ParentReference) verdict {
	var meant []*listener
	for _, l := range g.listeners {
		if (ref.SectionName == nil || *ref.SectionName == l.Name) && (ref.Port == nil || *ref.Port == l.Port) {
			meant = append(meant, l)
		}
	}
	if len(meant) == 0 {
		return verdict{string(gatewayv1.RouteReasonNoMatchingParent), fmt.Sprintf("the %s %s has no such listener", g.kind, g.Name)}
	}
	allowed := slices.DeleteFunc(meant, func(l *listener) bool { return !l.takesKind() || !b.takesFrom(l, r.Namespace) })
	if len(allowed) == 0 {
		return verdict{string(gatewayv1.RouteReasonNotAllowedByListeners), fmt.Sprintf("the listeners of %s %s take no HTTPRoute of the namespace %s", g.kind, g.Name, r.Namespace)}
	}
	attached := false
	for _, l := range allowed {
		hosts := hostsOf(r, l)
		if len(hosts) == 0 {
			continue
		}
		attached = true
		l.attached++
		if l.serves() {
			b.edge(g, l).add(l, r, hosts)
		}
	}
	if !attached {
		return verdict{string(gatewayv1.RouteReasonNoMatchingListenerHostname), "no hostname of the route is one of the listener's"}
	}
	return verdict{}
}

// hostsOf are those that a route serves behind a listener, each once.
func hostsOf(r *route, l *listener) (hosts []string) {
	if len(r.Spec.Hostnames) == 0 {
		return []string{l.hostname}
	}
	for _, name := range r.Spec.Hostnames {
		if host, any := common(l.hostname, hostname(&name)); any && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
