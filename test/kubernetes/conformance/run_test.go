package conformance

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// podNetwork is where pods have their addresses, and podProcesses the first port of
// their processes.
const (
	podNetwork   = "10.80.2.%d"
	podProcesses = 20000
)

// pods runs those that are there, ends the others, and tells how they are doing.
func (n *node) pods(ctx context.Context) error {
	all, err := n.informers.Core().V1().Pods().Lister().List(labels.Everything())
	if err != nil {
		return err
	}
	there := map[types.UID]bool{}
	var failed []error
	for _, spec := range all {
		there[spec.UID] = true
		if n.running[spec.UID] == nil {
			failed = append(failed, n.start(ctx, spec))
		}
		if p := n.running[spec.UID]; p != nil && spec.Status.PodIP == "" {
			failed = append(failed, n.tell(ctx, spec, p))
		}
	}
	for uid, p := range n.running {
		if !there[uid] {
			p.stop()
			delete(n.running, uid)
		}
	}
	return errors.Join(failed...)
}

// start starts a pod, unless a Secret is missing that it mounts.
func (n *node) start(ctx context.Context, spec *corev1.Pod) error {
	secrets := map[string]*corev1.Secret{}
	for _, volume := range spec.Spec.Volumes {
		if volume.Secret == nil {
			continue
		}
		secret, err := n.informers.Core().V1().Secrets().Lister().Secrets(spec.Namespace).Get(volume.Secret.SecretName)
		if apierrors.IsNotFound(err) {
			return nil // until it is there
		}
		if err != nil {
			return err
		}
		secrets[secret.Name] = secret
	}
	n.started++
	p, err := startPod(ctx, n.program, n.directory, fmt.Sprintf(podNetwork, n.started), podProcesses+n.started*len(podPorts()), spec, secrets)
	if err != nil {
		return fmt.Errorf("start pod %s: %w", spec.Name, err)
	}
	n.running[spec.UID] = p
	return nil
}

// tell writes that a pod is ready.
func (n *node) tell(ctx context.Context, spec *corev1.Pod, p *pod) error {
	spec = spec.DeepCopy()
	now := metav1.Now()
	spec.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: p.address, PodIPs: []corev1.PodIP{{IP: p.address}}, StartTime: &now}
	for _, kind := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		spec.Status.Conditions = append(spec.Status.Conditions, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	_, err := n.client.CoreV1().Pods(spec.Namespace).UpdateStatus(ctx, spec, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("tell of pod %s: %w", spec.Name, err)
	}
	return nil
}
