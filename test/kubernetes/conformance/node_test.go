package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// image begins the names of the images that the node has.
const image = "registry.k8s.io/gateway-api/echo-basic:"

// nodeName is the only node's.
const nodeName = "here"

// node stands for what a cluster has besides its API server, as far as the suite needs
// it: it makes the pods of Deployments, runs those whose image it has, and writes the
// EndpointSlices of Services.
type node struct {
	client    kubernetes.Interface
	program   string // the echo server
	directory string // where it may write
	log       func(format string, arguments ...any)
	informers informers.SharedInformerFactory
	changed   chan struct{}
	running   map[types.UID]*pod
	started   int // pods, since the beginning
}

// startNode starts a node, and returns what ends it.
func startNode(ctx context.Context, config *rest.Config, program, directory string, log func(string, ...any)) (stop func(), err error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	n := &node{client: client, program: program, directory: directory, log: log, informers: informers.NewSharedInformerFactory(client, 0),
		changed: make(chan struct{}, 1), running: map[types.UID]*pod{}}
	core, apps, discovery := n.informers.Core().V1(), n.informers.Apps().V1(), n.informers.Discovery().V1()
	dirty := func(any) {
		select {
		case n.changed <- struct{}{}:
		default: // it is known already
		}
	}
	for _, i := range []cache.SharedIndexInformer{core.Namespaces().Informer(), core.Pods().Informer(), core.Services().Informer(), core.Secrets().Informer(),
		core.ServiceAccounts().Informer(), apps.Deployments().Informer(), discovery.EndpointSlices().Informer()} {
		if _, err := i.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: dirty, DeleteFunc: dirty, UpdateFunc: func(_, now any) { dirty(now) }}); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	n.informers.StartWithContext(ctx)
	n.informers.WaitForCacheSync(ctx.Done())
	var tasks sync.WaitGroup
	tasks.Go(func() { n.run(ctx) })
	return func() {
		cancel()
		tasks.Wait()
		n.informers.Shutdown()
	}, nil
}

// run does what is to be done, whenever something has changed, until ctx ends.
func (n *node) run(ctx context.Context) {
	defer func() {
		for _, p := range n.running {
			p.stop()
		}
	}()
	for {
		err := errors.Join(n.deployments(ctx), n.pods(ctx), n.services(ctx), n.namespaces(ctx))
		again := time.NewTimer(time.Hour)
		if err != nil && ctx.Err() == nil { // what it was told may be old
			n.log("the node: %v", err)
			again.Reset(200 * time.Millisecond)
		}
		select {
		case <-ctx.Done():
			again.Stop()
			return
		case <-n.changed:
		case <-again.C:
		}
		again.Stop()
	}
}

// deployments makes the pods that they want, and removes those of Deployments that have
// gone.
func (n *node) deployments(ctx context.Context) error {
	all, err := n.informers.Apps().V1().Deployments().Lister().List(labels.Everything())
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	var failed []error
	for _, d := range all {
		for i := range int(*d.Spec.Replicas) {
			name := fmt.Sprintf("%s-%s-%d", d.Name, nodeName, i) // of as many parts as in a cluster
			wanted[d.Namespace+"/"+name] = true
			if _, err := n.informers.Core().V1().Pods().Lister().Pods(d.Namespace).Get(name); err == nil || !known(d.Spec.Template.Spec) {
				continue
			}
			failed = append(failed, n.account(ctx, d.Namespace))
			made := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: d.Namespace, Labels: d.Spec.Template.Labels}, Spec: d.Spec.Template.Spec}
			made.Spec.NodeName = nodeName
			_, err := n.client.CoreV1().Pods(d.Namespace).Create(ctx, made, metav1.CreateOptions{})
			failed = append(failed, unless(apierrors.IsAlreadyExists, err))
		}
	}
	pods, err := n.informers.Core().V1().Pods().Lister().List(labels.Everything())
	failed = append(failed, err)
	for _, p := range pods {
		if !wanted[p.Namespace+"/"+p.Name] {
			now := int64(0)
			err := n.client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, metav1.DeleteOptions{GracePeriodSeconds: &now})
			failed = append(failed, unless(apierrors.IsNotFound, err))
		}
	}
	return errors.Join(failed...)
}

// known reports a pod whose image the node has.
func known(p corev1.PodSpec) bool {
	return len(p.Containers) == 1 && len(p.Containers[0].Image) > len(image) && p.Containers[0].Image[:len(image)] == image
}

// account makes the account that pods of a namespace have.
func (n *node) account(ctx context.Context, namespace string) error {
	if _, err := n.informers.Core().V1().ServiceAccounts().Lister().ServiceAccounts(namespace).Get("default"); err == nil {
		return nil
	}
	_, err := n.client.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	return unless(apierrors.IsAlreadyExists, err)
}

// unless is an error, but for those that are none here.
func unless(is func(error) bool, err error) error {
	if is(err) {
		return nil
	}
	return err
}

// namespaces ends those that are to go, as nobody else does: what is in them goes with
// the tests' own clean-up.
func (n *node) namespaces(ctx context.Context) error {
	all, err := n.informers.Core().V1().Namespaces().Lister().List(labels.Everything())
	failed := []error{err}
	for _, s := range all {
		if s.DeletionTimestamp == nil || len(s.Spec.Finalizers) == 0 {
			continue
		}
		s = s.DeepCopy()
		s.Spec.Finalizers = nil
		_, err := n.client.CoreV1().Namespaces().Finalize(ctx, s, metav1.UpdateOptions{})
		failed = append(failed, unless(apierrors.IsNotFound, err))
	}
	return errors.Join(failed...)
}
