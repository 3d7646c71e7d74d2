package kubernetes

import (
	"fmt"
	"math"
	"path"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"edgegen/internal/config"
)

// GatewayOptions say what a controller is to be like that serves the Gateways of a
// cluster.
type GatewayOptions struct {
	Options          // Name and Namespace are needed; of the others, Image and Replicas count
	Ports   []uint16 // by which clients come in; at least one, each once
	Classes string   // the name of the GatewayClass and the IngressClass
	// Shared is what holds for all edges. Text is the file that says so; nil for none.
	Shared *config.Loaded
	Text   []byte
}

// edgeFile is the name of the file of the edge block.
const edgeFile = "edge.hcl"

// HealthPort is the port where a controller tells how it is doing, and its metrics.
const HealthPort = 9145

// GatewayObjects describes a controller and its rights, in the order in which a cluster
// wants them.
func GatewayObjects(o GatewayOptions, version string) ([]Object, error) {
	e := &exporter{Options: o.Options, edge: o.Shared.Edge, loaded: o.Shared, version: version, health: probes{"health", "/readyz", "/healthz", corev1.URISchemeHTTP}}
	if err := e.checkNames(); err != nil {
		return nil, err
	}
	if o.Namespace == "" {
		return nil, fmt.Errorf("--namespace is empty: rights are given to an account of a namespace")
	}
	for _, number := range o.Ports {
		name := map[uint16]string{80: "http", 443: "https"}[number]
		if name == "" {
			name = "port-" + strconv.Itoa(int(number))
		}
		e.ports = append(e.ports, port{kind: name, name: name, number: number, protocol: corev1.ProtocolTCP, public: true, outer: number})
	}
	e.ports = append(e.ports, port{kind: "metrics", name: "health", number: HealthPort, protocol: corev1.ProtocolTCP})
	account := e.serviceAccount()
	account.AutomountServiceAccountToken = nil // its rights are what it is for
	objects := []Object{{"serviceaccount.yaml", account},
		{"clusterrole.yaml", e.clusterRole()}, {"clusterrolebinding.yaml", e.clusterRoleBinding()},
		{"role.yaml", e.role()}, {"rolebinding.yaml", e.roleBinding()}, {"lease.yaml", e.lease()}}
	if o.Text != nil {
		objects = append(objects, Object{"configmap.yaml", &corev1.ConfigMap{TypeMeta: meta("v1", "ConfigMap"), ObjectMeta: e.object(e.Name), Data: map[string]string{edgeFile: string(o.Text)}}})
	}
	objects = append(objects, Object{"gatewayclass.yaml", e.gatewayClass(o.Classes)}, Object{"ingressclass.yaml", e.ingressClass(o.Classes)},
		Object{"service.yaml", e.service()}, Object{"deployment.yaml", e.controller(o)},
		Object{"poddisruptionbudget.yaml", e.budget()}, Object{"horizontalpodautoscaler.yaml", e.scaler()}, Object{"networkpolicy.yaml", e.gatewayPolicy()})
	if o.ServiceMonitor {
		objects = append(objects, Object{"service-metrics.yaml", e.measured()}, Object{"servicemonitor.yaml", e.monitor()})
	}
	return objects, nil
}

// controller runs the controllers like the edges of one site, but with the account's
// token.
func (e *exporter) controller(o GatewayOptions) *appsv1.Deployment {
	d := e.deployment()
	pod := &d.Spec.Template.Spec
	yes := true
	pod.AutomountServiceAccountToken = &yes
	// It ends what drains once, and not by preStop, which only waits for load balancers.
	patience := int64(math.Ceil((notice + e.edge.Timeout.Drain + ending).Seconds()))
	pod.TerminationGracePeriodSeconds = &patience
	pod.Volumes, pod.Containers[0].VolumeMounts = pod.Volumes[:2], pod.Containers[0].VolumeMounts[:2] // without a site
	c := &pod.Containers[0]
	c.Args = []string{"gateway", "--class", o.Classes, "--publish-service", e.Namespace + "/" + e.Name, "--lease", e.Name, "--health", ":" + strconv.Itoa(HealthPort), "--state-dir", stateDir}
	c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: int64(notice.Seconds())}}}
	if o.Text != nil {
		c.Args = append(c.Args, "--edge", path.Join(mounted, edgeFile))
		pod.Volumes = append(pod.Volumes, corev1.Volume{Name: "edge", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: e.Name}}}})
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: "edge", MountPath: mounted, ReadOnly: true})
	}
	return d
}

// gatewayPolicy lets clients in to the public ports, the namespace's own pods to the
// metrics, and the controller out to name servers, to pods, and to the API server, whose
// address is not known.
func (e *exporter) gatewayPolicy() any {
	p := e.policy()
	p.Spec.Egress = p.Spec.Egress[:1]
	p.Spec.Egress = append(p.Spec.Egress, toPods(), toServers())
	return p
}

func (e *exporter) named(name string) metav1.ObjectMeta {
	m := e.object(name)
	m.Namespace = "" // it is the cluster's
	return m
}
