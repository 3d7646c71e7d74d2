package gateway

import (
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// grants are the ReferenceGrants, by the namespace of what they let others name.
type grants map[string][]*gatewayv1.ReferenceGrant

func newGrants(all []*gatewayv1.ReferenceGrant) grants {
	g := grants{}
	for _, one := range all {
		g[one.Namespace] = append(g[one.Namespace], one)
	}
	return g
}

// named is an object of another namespace that somebody names. Its group is the core one.
type named struct{ kind, namespace, name string }

// allow reports whether objects of a kind of the Gateway API, in a namespace, may name
// the object. In their own namespace they may; an IngressClass has none, and names what
// Ingresses name in theirs.
func (g grants) allow(kind, namespace string, to named) bool {
	if namespace == to.namespace || kind == ingressClass {
		return true
	}
	return slices.ContainsFunc(g[to.namespace], func(one *gatewayv1.ReferenceGrant) bool {
		from := slices.ContainsFunc(one.Spec.From, func(f gatewayv1.ReferenceGrantFrom) bool {
			return f.Group == gatewayv1.GroupName && string(f.Kind) == kind && string(f.Namespace) == namespace
		})
		return from && slices.ContainsFunc(one.Spec.To, func(t gatewayv1.ReferenceGrantTo) bool {
			return t.Group == "" && string(t.Kind) == to.kind && (t.Name == nil || *t.Name == "" || string(*t.Name) == to.name)
		})
	})
}
