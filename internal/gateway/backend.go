package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// backendName names the app of a rule, in characters that every name can have.
func backendName(r *route, rule int) string {
	plain := func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' {
			return c
		}
		return '-'
	}
	name := strings.Map(plain, r.Namespace) + "_" + strings.Map(plain, r.Name)
	if r.kind == "HTTPRoute" && len(name) <= 48 && !strings.ContainsAny(r.Namespace+r.Name, ".") {
		return name + "_" + strconv.Itoa(rule+1)
	}
	sum := sha256.Sum256([]byte(r.kind + " " + r.Namespace + "/" + r.Name))
	return fmt.Sprintf("%s_%s_%d", name[:min(len(name), 40)], hex.EncodeToString(sum[:4]), rule+1)
}

// readBackends finds the servers of a rule. A reference that leads nowhere has its share
// answered with 500, and a Service without a pod that is ready with 503.
func (b *builder) readBackends(r *route, refs []gatewayv1.HTTPBackendRef) []server {
	var shares []share
	for _, ref := range refs {
		one := share{weight: 1}
		if ref.Weight != nil {
			one.weight = int(*ref.Weight)
		}
		found, v := b.endpoints(r, ref.BackendObjectReference)
		switch {
		case v.bad():
			r.resolved = r.resolved.and(v)
			one.servers = []string{b.answer(Failing).address}
		case len(found) == 0:
			one.servers = []string{b.answer(Unready).address}
		default:
			one.servers = found
		}
		if one.weight > 0 {
			shares = append(shares, one)
		}
	}
	if len(shares) == 0 {
		return []server{b.answer(Failing)}
	}
	return spread(shares)
}

// answer is the server that gives an answer of the edge's own.
func (b *builder) answer(kind Answer) server {
	return server{"unix:" + filepath.Join(b.Answers, string(kind)), 1}
}

// endpoints are the servers behind a reference, in order.
func (b *builder) endpoints(r *route, ref gatewayv1.BackendObjectReference) ([]string, verdict) {
	if ref.Group != nil && *ref.Group != "" || ref.Kind != nil && *ref.Kind != "Service" {
		return nil, verdict{string(gatewayv1.RouteReasonInvalidKind), fmt.Sprintf("backends are Services, and %s is of another kind", ref.Name)}
	}
	at := key{r.Namespace, string(ref.Name)}
	if ref.Namespace != nil {
		at.namespace = string(*ref.Namespace)
	}
	if !b.grants.allow(r.kind, r.Namespace, named{"Service", at.namespace, at.name}) {
		return nil, verdict{string(gatewayv1.RouteReasonRefNotPermitted), fmt.Sprintf("no ReferenceGrant in %s lets %ss of %s name the Service %s", at.namespace, r.kind, r.Namespace, at.name)}
	}
	port, v := b.servicePort(at, ref.Port)
	if v.bad() {
		return nil, v
	}
	return b.ready(at, port), verdict{}
}

// servicePort is the name of a Service's port that can be asked by HTTP.
func (b *builder) servicePort(at key, number *gatewayv1.PortNumber) (string, verdict) {
	missing := string(gatewayv1.RouteReasonBackendNotFound)
	service, found := b.services[at]
	if !found {
		return "", verdict{missing, fmt.Sprintf("there is no Service %s in %s", at.name, at.namespace)}
	}
	if service.Spec.Type == corev1.ServiceTypeExternalName {
		return "", verdict{missing, fmt.Sprintf("the Service %s in %s is a name for another host (ExternalName), and has no endpoints", at.name, at.namespace)}
	}
	wanted := *or(number, new(gatewayv1.PortNumber))
	port := slices.IndexFunc(service.Spec.Ports, func(p corev1.ServicePort) bool {
		return p.Port == wanted && (p.Protocol == "" || p.Protocol == corev1.ProtocolTCP)
	})
	if port < 0 {
		return "", verdict{missing, fmt.Sprintf("the Service %s in %s has no TCP port %d", at.name, at.namespace, wanted)}
	}
	switch p := service.Spec.Ports[port].AppProtocol; {
	case p == nil, slices.Contains([]string{"", "http", "ws", "kubernetes.io/ws"}, strings.ToLower(*p)):
		return service.Spec.Ports[port].Name, verdict{}
	default:
		return "", verdict{string(gatewayv1.RouteReasonUnsupportedProtocol), fmt.Sprintf("the Service %s in %s speaks %s, and edgegen asks apps by HTTP/1.1", at.name, at.namespace, *p)}
	}
}
