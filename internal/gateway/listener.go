package gateway

import (
	"fmt"
	"net/netip"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// listener is one of a Gateway's.
type listener struct {
	gatewayv1.Listener
	of       *gateway
	hostname string
	kinds    []gatewayv1.RouteGroupKind // that are served
	attached int                        // routes
	edge     string                     // the ID of its edge; "" for none
	pairs    []pair

	conflict, accepted, resolved verdict
	// partly is set where the listener serves in spite of what resolved says.
	partly bool
}

// gateway is a Gateway that is served here.
type gateway struct {
	*gatewayv1.Gateway
	kind      string // of the object that it stands for: a Gateway or an IngressClass
	address   netip.Addr
	accepted  verdict
	placed    verdict // whether it has an address
	listeners []*listener
}

func (g *gateway) ref() Ref { return Ref{g.kind, g.Namespace, g.Name, ""} }

func (l *listener) ref() Ref {
	r := l.of.ref()
	r.Part = "listener " + string(l.Name)
	return r
}

// certificates names what is said of the listener's certificates.
func (l *listener) certificates() Ref {
	r := l.of.ref()
	r.Part = "certificates of listener " + string(l.Name)
	return r
}

func (l *listener) tls() bool { return l.Protocol == gatewayv1.HTTPSProtocolType }

// broken reports whether the listener cannot be served as it is written.
func (l *listener) broken() bool {
	return l.conflict.bad() || l.accepted.bad() || l.resolved.bad() && !l.partly
}

// serves reports whether requests that come by the listener are answered.
func (l *listener) serves() bool { return !l.broken() && l.edge != "" }

// httpRoute is the only kind of route.
func httpRoute() gatewayv1.RouteGroupKind {
	group := gatewayv1.Group(gatewayv1.GroupName)
	return gatewayv1.RouteGroupKind{Group: &group, Kind: "HTTPRoute"}
}

// readListener finds out what a listener is without looking at others.
func (b *builder) readListener(g *gateway, spec gatewayv1.Listener) *listener {
	l := &listener{Listener: spec, of: g, hostname: hostname(spec.Hostname)}
	switch spec.Protocol {
	case gatewayv1.HTTPProtocolType:
		l.readKinds()
	case gatewayv1.HTTPSProtocolType:
		l.readKinds()
		b.readCertificates(l)
	default:
		l.kinds = []gatewayv1.RouteGroupKind{}
		l.accepted = verdict{string(gatewayv1.ListenerReasonUnsupportedProtocol), fmt.Sprintf("edgegen serves HTTP and HTTPS, and not %s", spec.Protocol)}
	}
	return l
}

// readKinds finds the kinds of routes that a listener takes: HTTPRoute, unless it names
// others.
func (l *listener) readKinds() {
	l.kinds = []gatewayv1.RouteGroupKind{httpRoute()}
	if l.AllowedRoutes == nil || len(l.AllowedRoutes.Kinds) == 0 {
		return
	}
	l.kinds = []gatewayv1.RouteGroupKind{}
	for _, one := range l.AllowedRoutes.Kinds {
		if one.Kind == "HTTPRoute" && (one.Group == nil || *one.Group == gatewayv1.GroupName) {
			l.kinds = []gatewayv1.RouteGroupKind{httpRoute()}
			continue
		}
		l.resolved = verdict{string(gatewayv1.ListenerReasonInvalidRouteKinds), fmt.Sprintf("no route of the kind %s is served, but HTTPRoute", one.Kind)}
	}
	l.partly = len(l.kinds) > 0
}

// conflicts marks the listeners of one port that cannot be there together.
func (g *gateway) conflicts() {
	for i, one := range g.listeners {
		for _, other := range g.listeners[i+1:] {
			var v verdict
			switch {
			case one.Port != other.Port || one.accepted.bad() || other.accepted.bad():
				continue
			case one.Protocol != other.Protocol:
				v = verdict{string(gatewayv1.ListenerReasonProtocolConflict), fmt.Sprintf("listeners %s and %s have port %d with different protocols", one.Name, other.Name, one.Port)}
			case one.hostname == other.hostname:
				v = verdict{string(gatewayv1.ListenerReasonHostnameConflict), fmt.Sprintf("listeners %s and %s have port %d with the same hostname", one.Name, other.Name, one.Port)}
			default:
				continue
			}
			one.conflict, other.conflict = v, v
		}
	}
}

// takesFrom reports whether a listener takes routes of a namespace.
func (b *builder) takesFrom(l *listener, namespace string) bool {
	from, selector := gatewayv1.NamespacesFromSame, (*metav1.LabelSelector)(nil)
	if l.AllowedRoutes != nil && l.AllowedRoutes.Namespaces != nil {
		selector = l.AllowedRoutes.Namespaces.Selector
		if f := l.AllowedRoutes.Namespaces.From; f != nil {
			from = *f
		}
	}
	switch from {
	case gatewayv1.NamespacesFromAll:
		return true
	case gatewayv1.NamespacesFromSame:
		return namespace == l.of.Namespace
	case gatewayv1.NamespacesFromSelector:
		wanted, err := metav1.LabelSelectorAsSelector(selector)
		space, known := b.namespaces[namespace]
		return err == nil && known && wanted.Matches(labels.Set(space.Labels))
	}
	return false
}

// takesKind reports whether a listener takes HTTPRoutes.
func (l *listener) takesKind() bool {
	return slices.ContainsFunc(l.kinds, func(k gatewayv1.RouteGroupKind) bool { return k.Kind == "HTTPRoute" })
}
