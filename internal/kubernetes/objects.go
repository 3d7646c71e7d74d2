package kubernetes

import (
	"unicode/utf8"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"edgegen/internal/site"
)

// serviceAccount is one without any right but those of e.rights.
func (e *exporter) serviceAccount() *corev1.ServiceAccount {
	no := false
	return &corev1.ServiceAccount{TypeMeta: meta("v1", "ServiceAccount"), ObjectMeta: e.object(e.Name), AutomountServiceAccountToken: &no}
}

// configMap holds the site's files, keys and passwords aside.
func (e *exporter) configMap() *corev1.ConfigMap {
	m := &corev1.ConfigMap{TypeMeta: meta("v1", "ConfigMap"), ObjectMeta: e.object(e.Name), Data: map[string]string{}, BinaryData: map[string][]byte{}}
	for _, f := range e.files.config {
		if utf8.Valid(f.data) {
			m.Data[f.key] = string(f.data)
		} else {
			m.BinaryData[f.key] = f.data
		}
	}
	return m
}

// service takes clients. They come from outside, and their addresses are kept.
func (e *exporter) service() *corev1.Service {
	s := &corev1.Service{
		TypeMeta:   meta("v1", "Service"),
		ObjectMeta: e.object(e.Name),
		Spec: corev1.ServiceSpec{
			Type:                  corev1.ServiceTypeLoadBalancer,
			ExternalTrafficPolicy: corev1.ServiceExternalTrafficPolicyLocal,
			Selector:              e.selected(),
		},
	}
	for _, p := range e.ports {
		if p.public && p.outer > 0 {
			s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Name: p.name, Port: int32(p.outer), TargetPort: intstr.FromString(p.name), Protocol: p.protocol})
		}
	}
	return s
}

// budget keeps nodes from being emptied of all edges at a time.
func (e *exporter) budget() *policyv1.PodDisruptionBudget {
	one := intstr.FromInt32(1)
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   meta("policy/v1", "PodDisruptionBudget"),
		ObjectMeta: e.object(e.Name),
		Spec:       policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &one, Selector: &metav1.LabelSelector{MatchLabels: e.selected()}},
	}
}

// scaler adds edges where they are busy. One goes slowly, since its WebSockets
// have to end.
func (e *exporter) scaler() *autoscalingv2.HorizontalPodAutoscaler {
	least, busy, slow := int32(e.Replicas), int32(200), int32(300)
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   meta("autoscaling/v2", "HorizontalPodAutoscaler"),
		ObjectMeta: e.object(e.Name),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: e.Name},
			MinReplicas:    &least,
			MaxReplicas:    max(5*least, 5),
			Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name: corev1.ResourceCPU,
				// Of the 100m that a pod asks for: a fifth of a core.
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &busy},
			}}},
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &slow}},
		},
	}
}

// measured is the service by which the edges' metrics are found.
func (e *exporter) measured() *corev1.Service {
	s := &corev1.Service{
		TypeMeta:   meta("v1", "Service"),
		ObjectMeta: e.object(e.Name + "-metrics"),
		Spec:       corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Selector: e.selected()},
	}
	s.Labels["app.kubernetes.io/component"] = "metrics"
	for _, p := range e.ports {
		if !p.public && p.kind != membersPort {
			s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Name: p.name, Port: int32(p.number), TargetPort: intstr.FromString(p.name), Protocol: p.protocol})
		}
	}
	if len(s.Spec.Ports) == 0 {
		e.refuse(site.Source{}, "there is nothing to monitor", `write metrics { listen = ":9145" } into the edge block, or leave out --service-monitor`)
	}
	return s
}

// monitor is a ServiceMonitor of the Prometheus operator, which has no type among
// those of the cluster.
func (e *exporter) monitor() map[string]any {
	of := e.selected()
	of["app.kubernetes.io/component"] = "metrics"
	return map[string]any{
		"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": e.object(e.Name),
		"spec": map[string]any{
			"selector":  map[string]any{"matchLabels": of},
			"endpoints": []any{map[string]any{"port": "metrics", "path": "/metrics"}},
		},
	}
}
