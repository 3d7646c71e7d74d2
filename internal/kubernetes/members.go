package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// membersPort is the kind of port on which members of a cluster of edges ask each other.
const membersPort = "members"

// membersName is the name that stands for all edges.
func (e *exporter) membersName() string { return e.Name + "-members" }

// members has a name stand for the addresses of all edges, of those too that are not ready:
// an edge catches up with what has been purged before it is.
func (e *exporter) members() *corev1.Service {
	s := &corev1.Service{
		TypeMeta:   meta("v1", "Service"),
		ObjectMeta: e.object(e.membersName()),
		Spec:       corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, PublishNotReadyAddresses: true, Selector: e.selected()},
	}
	for _, p := range e.ports {
		if p.kind == membersPort {
			s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Name: p.name, Port: int32(p.number), TargetPort: intstr.FromString(p.name), Protocol: p.protocol})
		}
	}
	return s
}
