package kubernetes

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// policy lets clients in to the public ports, the namespace's own pods to the
// metrics, and the edge out to name servers and to its apps.
func (e *exporter) policy() *networkingv1.NetworkPolicy {
	var public, inner []networkingv1.NetworkPolicyPort
	for _, p := range e.ports {
		if p.public {
			public = append(public, tcp(p.number))
		} else {
			inner = append(inner, tcp(p.number))
		}
	}
	in := []networkingv1.NetworkPolicyIngressRule{{Ports: public}}
	if len(inner) > 0 {
		in = append(in, networkingv1.NetworkPolicyIngressRule{
			From:  []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}},
			Ports: inner,
		})
	}
	return &networkingv1.NetworkPolicy{
		TypeMeta:   meta("networking.k8s.io/v1", "NetworkPolicy"),
		ObjectMeta: e.object(e.Name),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: e.selected()},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     in,
			Egress:      e.egress(),
		},
	}
}

// egress names apps by their addresses where those are known, and by their ports
// where a name server has the last word.
func (e *exporter) egress() []networkingv1.NetworkPolicyEgressRule {
	names := []networkingv1.NetworkPolicyPort{udp(53), tcp(53)}
	for _, r := range e.edge.Resolvers {
		names = append(names, udp(r.Port()), tcp(r.Port()))
	}
	out := []networkingv1.NetworkPolicyEgressRule{{Ports: distinct(names)}}
	var anywhere []networkingv1.NetworkPolicyPort
	for _, s := range e.edge.Sites {
		for _, b := range s.Backends {
			for _, server := range b.Servers {
				address, err := netip.ParseAddr(server.Host)
				switch {
				case server.Path != "" || isLoopback(server.Host):
				case err != nil:
					anywhere = append(anywhere, tcp(server.Port))
				default:
					one := netip.PrefixFrom(address, address.BitLen())
					rule := networkingv1.NetworkPolicyEgressRule{
						To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: one.String()}}},
						Ports: []networkingv1.NetworkPolicyPort{tcp(server.Port)},
					}
					if !slices.ContainsFunc(out, func(r networkingv1.NetworkPolicyEgressRule) bool { return same(r, rule) }) {
						out = append(out, rule)
					}
				}
			}
		}
	}
	if anywhere = distinct(anywhere); len(anywhere) > 0 {
		out = append(out, networkingv1.NetworkPolicyEgressRule{Ports: anywhere})
	}
	return out
}

func same(a, b networkingv1.NetworkPolicyEgressRule) bool {
	return len(a.To) == 1 && a.To[0].IPBlock.CIDR == b.To[0].IPBlock.CIDR && a.Ports[0].Port.IntVal == b.Ports[0].Port.IntVal
}

func tcp(number uint16) networkingv1.NetworkPolicyPort { return on(corev1.ProtocolTCP, number) }
func udp(number uint16) networkingv1.NetworkPolicyPort { return on(corev1.ProtocolUDP, number) }

func on(protocol corev1.Protocol, number uint16) networkingv1.NetworkPolicyPort {
	port := intstr.FromInt32(int32(number))
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &port}
}

func distinct(ports []networkingv1.NetworkPolicyPort) []networkingv1.NetworkPolicyPort {
	var all []networkingv1.NetworkPolicyPort
	for _, p := range ports {
		if !slices.ContainsFunc(all, func(q networkingv1.NetworkPolicyPort) bool {
			return *q.Protocol == *p.Protocol && q.Port.IntVal == p.Port.IntVal
		}) {
			all = append(all, p)
		}
	}
	return all
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || host == "localhost"
}
