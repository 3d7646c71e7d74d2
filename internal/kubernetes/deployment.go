package kubernetes

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
)

// stateDir is where an edge keeps its state in a pod.
const stateDir = "/var/lib/edgegen/state"

// writable are the directories that a pod may write to. They go with the pod.
var writable = []string{"/var/lib/edgegen", "/tmp"}

const (
	// notice is how long load balancers need to see that an edge drains.
	notice = 10 * time.Second
	// ending is how long processes get to end, after what was in work has had its time,
	// before the cluster kills the pod.
	ending = 10 * time.Second
)

func meta(api, kind string) metav1.TypeMeta { return metav1.TypeMeta{APIVersion: api, Kind: kind} }

func (e *exporter) object(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: e.Namespace, Labels: e.labels()}
}

// selected are the labels by which the pods are known; they never change.
func (e *exporter) selected() map[string]string {
	return map[string]string{"app.kubernetes.io/name": "edgegen", "app.kubernetes.io/instance": e.Name}
}

func (e *exporter) labels() map[string]string {
	labels := e.selected()
	labels["app.kubernetes.io/version"] = e.version
	labels["app.kubernetes.io/managed-by"] = "edgegen"
	return labels
}

// deployment runs the edges, one after the other where they change: a new one is
// ready before an old one drains. How many there are the scaler says.
func (e *exporter) deployment() *appsv1.Deployment {
	none, one := intstr.FromInt32(0), intstr.FromInt32(1)
	return &appsv1.Deployment{
		TypeMeta:   meta("apps/v1", "Deployment"),
		ObjectMeta: e.object(e.Name),
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: e.selected()},
			Strategy: appsv1.DeploymentStrategy{
				Type:          appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &none, MaxSurge: &one},
			},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: e.labels()}, Spec: e.pod()},
		},
	}
}

func (e *exporter) pod() corev1.PodSpec {
	yes, user := true, int64(65532)
	asks, no := len(e.rights) > 0, false // whether the edge asks the cluster
	volumes, mounts := e.volumes()
	// Draining takes what load balancers need to notice, and then timeouts.drain at
	// most, first by preStop and then by the stop.
	patience := int64(math.Ceil((notice + 2*e.edge.Timeout.Drain + ending).Seconds()))
	pod := corev1.PodSpec{
		ServiceAccountName:            e.Name,
		AutomountServiceAccountToken:  &asks,
		EnableServiceLinks:            &no,
		TerminationGracePeriodSeconds: &patience,
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, FSGroup: &user,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: "kubernetes.io/hostname", WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector: &metav1.LabelSelector{MatchLabels: e.selected()},
		}},
		Containers: []corev1.Container{e.container(mounts)},
		Volumes:    volumes,
	}
	if slices.ContainsFunc(e.ports, func(p port) bool { return p.number < 1024 }) {
		// Without a capability, and for this pod's network alone.
		pod.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.ip_unprivileged_port_start", Value: "0"}}
	}
	return pod
}

func (e *exporter) container(mounts []corev1.VolumeMount) corev1.Container {
	yes, no := true, false
	memory := *resource.NewQuantity(e.memory(), resource.BinarySI)
	c := corev1.Container{
		Name:  "edgegen",
		Image: e.Image,
		// A change of the ConfigMap is a reload, and no new pod.
		Args: []string{"up", path.Join(mounted, e.Argument), "--watch", "--state-dir", stateDir},
		Env:  e.variables(),
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: memory},
			Limits:   corev1.ResourceList{corev1.ResourceMemory: memory},
		},
		StartupProbe:   &corev1.Probe{ProbeHandler: e.health.probe(e.health.ready), PeriodSeconds: 1, FailureThreshold: 180},
		ReadinessProbe: &corev1.Probe{ProbeHandler: e.health.probe(e.health.ready), PeriodSeconds: 2, FailureThreshold: 2},
		LivenessProbe:  &corev1.Probe{ProbeHandler: e.health.probe(e.health.live), PeriodSeconds: 10, FailureThreshold: 3},
		Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{
			"edgegen", "drain", "--state-dir", stateDir, "--notice", notice.String(), "--timeout", (notice + e.edge.Timeout.Drain).String(),
		}}}},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
		VolumeMounts: mounts,
	}
	for _, p := range e.ports {
		c.Ports = append(c.Ports, corev1.ContainerPort{Name: p.name, ContainerPort: int32(p.number), Protocol: p.protocol})
	}
	return c
}

// memory is what an edge may need, in bytes: its cache, and room for what is in work.
func (e *exporter) memory() int64 {
	const besides = 512 << 20
	if e.edge.Storage.Type != "memory" {
		return besides
	}
	return e.edge.Storage.Size + besides
}

// variables take their values from a Secret, as any of them may be secret.
func (e *exporter) variables() []corev1.EnvVar {
	var all []corev1.EnvVar
	yes := true
	for _, given := range e.given() {
		for _, key := range given.Keys {
			name := key
			if given.Name == e.Name+variablesEnd {
				name = "EDGEGEN_VAR_" + key
			}
			all = append(all, corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: given.Name}, Key: key, Optional: &yes,
			}}})
		}
	}
	return all
}

// variablesEnd ends the name of the Secret with the values of the site's variables.
const variablesEnd = "-variables"

// given are the Secrets with values of the site's variables, and of what it asks of the
// environment.
func (e *exporter) given() (all []Secret) {
	environment := slices.DeleteFunc(slices.Clone(e.loaded.Environment), func(name string) bool {
		return len(validation.IsConfigMapKey(name)) > 0 || strings.HasPrefix(name, "EDGEGEN_VAR_") // which are variables
	})
	for _, s := range []Secret{{Name: e.Name + variablesEnd, Keys: e.loaded.Variables}, {Name: e.Name + "-environment", Keys: environment}} {
		if len(s.Keys) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// volumes are what the pod may write, and the site with its Secrets.
func (e *exporter) volumes() ([]corev1.Volume, []corev1.VolumeMount) {
	state := resource.MustParse("1Gi")
	if e.edge.Storage.Type == "file" {
		state.Add(*resource.NewQuantity(e.edge.Storage.Size, resource.BinarySI))
	}
	volumes := []corev1.Volume{
		{Name: "state", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &state}}},
		{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
	}
	mounts := []corev1.VolumeMount{{Name: "state", MountPath: path.Dir(stateDir)}, {Name: "tmp", MountPath: "/tmp"}}
	directories := slices.Clone(e.files.mounts)
	if !e.InImage && !slices.ContainsFunc(directories, func(m mount) bool { return m.directory == mounted }) {
		directories = append(directories, mount{directory: mounted})
	}
	for i, m := range directories {
		volume := corev1.Volume{Name: "site", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: e.projected(m)}}}
		if m.directory != mounted {
			volume.Name = "files-" + strconv.Itoa(i+1)
		}
		volumes = append(volumes, volume)
		if m.directory != mounted || !e.InImage {
			mounts = append(mounts, corev1.VolumeMount{Name: volume.Name, MountPath: m.directory, ReadOnly: true})
			continue
		}
		for _, one := range m.items { // beside what the image has there
			mounts = append(mounts, corev1.VolumeMount{Name: volume.Name, MountPath: path.Join(m.directory, one.path), SubPath: one.path, ReadOnly: true})
		}
	}
	return volumes, mounts
}

// projected puts the ConfigMap and the Secrets of a directory together.
func (e *exporter) projected(m mount) []corev1.VolumeProjection {
	var sources []corev1.VolumeProjection
	if m.directory == mounted && !e.InImage {
		var items []corev1.KeyToPath
		for _, f := range e.files.config {
			items = append(items, corev1.KeyToPath{Key: f.key, Path: f.path})
		}
		sources = append(sources, corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: e.Name}, Items: items,
		}})
	}
	mode := int32(0o440)
	for _, one := range m.items {
		at := slices.IndexFunc(sources, func(s corev1.VolumeProjection) bool { return s.Secret != nil && s.Secret.Name == one.secret })
		if at < 0 {
			at = len(sources)
			sources = append(sources, corev1.VolumeProjection{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: one.secret}}})
		}
		sources[at].Secret.Items = append(sources[at].Secret.Items, corev1.KeyToPath{Key: one.key, Path: strings.TrimPrefix(one.path, "/"), Mode: &mode})
	}
	return sources
}
