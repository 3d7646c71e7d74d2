package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// sliceManager says whose the node's EndpointSlices are.
const sliceManager = "edgegen-test-node"

// services writes the EndpointSlice of each Service that selects pods.
func (n *node) services(ctx context.Context) error {
	all, err := n.informers.Core().V1().Services().Lister().List(labels.Everything())
	failed := []error{err}
	wanted := map[string]bool{}
	for _, s := range all {
		if len(s.Spec.Selector) > 0 {
			wanted[s.Namespace+"/"+s.Name] = true
			failed = append(failed, n.slice(ctx, s))
		}
	}
	written, err := n.informers.Discovery().V1().EndpointSlices().Lister().List(labels.SelectorFromSet(labels.Set{discoveryv1.LabelManagedBy: sliceManager}))
	failed = append(failed, err)
	for _, s := range written {
		if !wanted[s.Namespace+"/"+s.Labels[discoveryv1.LabelServiceName]] {
			err := n.client.DiscoveryV1().EndpointSlices(s.Namespace).Delete(ctx, s.Name, metav1.DeleteOptions{})
			failed = append(failed, unless(apierrors.IsNotFound, err))
		}
	}
	return errors.Join(failed...)
}

// slice writes that of a Service, where it is to be another one.
func (n *node) slice(ctx context.Context, service *corev1.Service) error {
	pods, err := n.informers.Core().V1().Pods().Lister().Pods(service.Namespace).List(labels.SelectorFromSet(service.Spec.Selector))
	if err != nil {
		return err
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	wanted := &discoveryv1.EndpointSlice{AddressType: discoveryv1.AddressTypeIPv4, ObjectMeta: metav1.ObjectMeta{Name: service.Name + "-pods", Namespace: service.Namespace,
		Labels: map[string]string{discoveryv1.LabelServiceName: service.Name, discoveryv1.LabelManagedBy: sliceManager}}}
	for _, p := range service.Spec.Ports {
		number := p.TargetPort.IntVal
		wanted.Ports = append(wanted.Ports, discoveryv1.EndpointPort{Name: &p.Name, Port: &number, Protocol: &p.Protocol, AppProtocol: p.AppProtocol})
	}
	yes, no := true, false
	for _, p := range pods {
		if p.Status.PodIP != "" {
			wanted.Endpoints = append(wanted.Endpoints, discoveryv1.Endpoint{Addresses: []string{p.Status.PodIP},
				Conditions: discoveryv1.EndpointConditions{Ready: &yes, Serving: &yes, Terminating: &no},
				TargetRef:  &corev1.ObjectReference{Kind: "Pod", Name: p.Name, Namespace: p.Namespace, UID: p.UID}})
		}
	}
	client := n.client.DiscoveryV1().EndpointSlices(service.Namespace)
	was, err := n.informers.Discovery().V1().EndpointSlices().Lister().EndpointSlices(service.Namespace).Get(wanted.Name)
	switch {
	case apierrors.IsNotFound(err):
		_, err = client.Create(ctx, wanted, metav1.CreateOptions{})
		err = unless(apierrors.IsAlreadyExists, err)
	case err == nil && !(reflect.DeepEqual(was.Endpoints, wanted.Endpoints) && reflect.DeepEqual(was.Ports, wanted.Ports)):
		wanted.ResourceVersion = was.ResourceVersion
		_, err = client.Update(ctx, wanted, metav1.UpdateOptions{})
		err = unless(apierrors.IsConflict, err)
	}
	if err != nil {
		return fmt.Errorf("tell of Service %s: %w", service.Name, err)
	}
	return nil
}
