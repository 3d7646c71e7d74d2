package kubernetes

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// policy lets clients in to the public ports, the namespace's own pods to the
// metrics, and the edge out to name servers, its apps and its collector of traces.
func (e *exporter) policy() *networkingv1.NetworkPolicy {
	var public, inner, members []networkingv1.NetworkPolicyPort
	for _, p := range e.ports {
		switch one := on(p.protocol, p.number); {
		case p.public:
			public = append(public, one)
		case p.kind == membersPort:
			members = append(members, one)
		default:
			inner = append(inner, one)
		}
	}
	in := []networkingv1.NetworkPolicyIngressRule{{Ports: public}}
	if len(inner) > 0 {
		in = append(in, networkingv1.NetworkPolicyIngressRule{
			From:  []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}},
			Ports: inner,
		})
	}
	out := e.egress()
	if len(members) > 0 { // edges ask each other there, and nobody else does
		edges := []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: e.selected()}}}
		in = append(in, networkingv1.NetworkPolicyIngressRule{From: edges, Ports: members})
		out = append(out, networkingv1.NetworkPolicyEgressRule{To: edges, Ports: members})
	}
	return &networkingv1.NetworkPolicy{
		TypeMeta:   meta("networking.k8s.io/v1", "NetworkPolicy"),
		ObjectMeta: e.object(e.Name),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: e.selected()},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     in,
			Egress:      out,
		},
	}
}

// egress names what the edge asks by its address where that is known, and by its port
// where a name server has the last word.
func (e *exporter) egress() []networkingv1.NetworkPolicyEgressRule {
	names := []networkingv1.NetworkPolicyPort{on(corev1.ProtocolUDP, 53), tcp(53)}
	for _, r := range e.edge.Resolvers {
		if r.Port() != 53 {
			names = append(names, on(corev1.ProtocolUDP, r.Port()), tcp(r.Port()))
		}
	}
	out := []networkingv1.NetworkPolicyEgressRule{{Ports: names}}
	var anywhere []networkingv1.NetworkPolicyPort
	for _, t := range e.asked() {
		address, err := netip.ParseAddr(t.host)
		if err != nil {
			anywhere = append(anywhere, tcp(t.port))
			continue
		}
		one := netip.PrefixFrom(address, address.BitLen())
		out = append(out, networkingv1.NetworkPolicyEgressRule{
			To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: one.String()}}},
			Ports: []networkingv1.NetworkPolicyPort{tcp(t.port)},
		})
	}
	if len(anywhere) > 0 {
		out = append(out, networkingv1.NetworkPolicyEgressRule{Ports: anywhere})
	}
	if len(e.rights) > 0 {
		out = append(out, toServers())
	}
	return out
}

// A target is who is asked: an address, or "" for whomever a name leads to.
type target struct {
	host string
	port uint16
}

// asked are the servers of apps, the collector of traces and the authority, each once, but
// for those in the edge's own pod.
func (e *exporter) asked() []target {
	var all []target
	add := func(host string, port uint16) {
		if isLoopback(host) {
			return
		}
		if _, err := netip.ParseAddr(host); err != nil {
			host = ""
		}
		if t := (target{host, port}); !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	for _, s := range e.edge.Sites {
		for _, b := range s.Backends {
			for _, server := range b.Servers {
				if server.Path == "" {
					add(server.Host, server.Port)
				}
			}
		}
	}
	if e.edge.Trace != nil {
		add(partsOf(e.edge.Trace.Collector))
	}
	if e.orders() {
		add(partsOf(e.edge.ACME.Directory))
	}
	return all
}

// partsOf takes apart a URL that has been validated.
func partsOf(address string) (host string, port uint16) {
	u, err := url.Parse(address)
	if err != nil {
		return "", 443
	}
	given := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	number, _ := strconv.ParseUint(given, 10, 16) // 0 is nobody's
	return u.Hostname(), uint16(number)
}

func tcp(number uint16) networkingv1.NetworkPolicyPort { return on(corev1.ProtocolTCP, number) }

func on(protocol corev1.Protocol, number uint16) networkingv1.NetworkPolicyPort {
	port := intstr.FromInt32(int32(number))
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &port}
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || host == "localhost"
}
