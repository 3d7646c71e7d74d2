// Package lease has one of several processes hold a Lease of a Kubernetes cluster. What
// client-go has for it comes with the types of all objects of Kubernetes, and their
// registration at every start.
package lease

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// Resource is what the cluster calls its Leases.
func Resource() schema.GroupVersionResource {
	return coordinationv1.SchemeGroupVersion.WithResource("leases")
}

// Lease is one as a process sees it. Its methods are for one goroutine at a time.
type Lease struct {
	resource       dynamic.ResourceInterface
	name, identity string
	duration       time.Duration
	// seen is what another one has said last, and since when, by the clock here: those of
	// two machines may differ.
	seen  string
	since time.Time
}

// New is the Lease of a name, which need not be there yet. It counts as held by another
// process until that has said nothing for the duration, a whole number of seconds; no
// other process may have the identity.
func New(resource dynamic.ResourceInterface, name, identity string, duration time.Duration) *Lease {
	return &Lease{resource: resource, name: name, identity: identity, duration: duration}
}

// Acquire takes or renews the lease, unless another one holds it. The others count from when
// they see that: whoever holds it counts from before the call, and is the first to know that
// it has run out.
func (l *Lease) Acquire(ctx context.Context) (mine bool, err error) {
	found, err := l.resource.Get(ctx, l.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		fresh := &unstructured.Unstructured{Object: map[string]any{}}
		fresh.SetName(l.name)
		return l.take(ctx, fresh, coordinationv1.LeaseSpec{}, l.resource.Create)
	}
	if err != nil {
		return false, err
	}
	var current coordinationv1.Lease
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, &current); err != nil {
		return false, err
	}
	holder := ""
	if current.Spec.HolderIdentity != nil {
		holder = *current.Spec.HolderIdentity
	}
	if said := current.ResourceVersion; said != l.seen {
		l.seen, l.since = said, time.Now()
	}
	if holder != "" && holder != l.identity && time.Since(l.since) < l.duration {
		return false, nil
	}
	return l.take(ctx, found, current.Spec, func(ctx context.Context, o *unstructured.Unstructured, _ metav1.CreateOptions, more ...string) (*unstructured.Unstructured, error) {
		return l.resource.Update(ctx, o, metav1.UpdateOptions{}, more...)
	})
}

// take writes that this process holds the lease. Of several that do so at once, the cluster
// lets one through.
func (l *Lease) take(ctx context.Context, o *unstructured.Unstructured, was coordinationv1.LeaseSpec,
	write func(context.Context, *unstructured.Unstructured, metav1.CreateOptions, ...string) (*unstructured.Unstructured, error)) (bool, error) {
	now, seconds := metav1.NowMicro(), int32(l.duration/time.Second)
	spec := coordinationv1.LeaseSpec{HolderIdentity: &l.identity, LeaseDurationSeconds: &seconds, RenewTime: &now, AcquireTime: was.AcquireTime, LeaseTransitions: was.LeaseTransitions}
	if was.HolderIdentity == nil || *was.HolderIdentity != l.identity {
		times := int32(0)
		if was.LeaseTransitions != nil {
			times = *was.LeaseTransitions + 1
		}
		spec.AcquireTime, spec.LeaseTransitions = &now, &times
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&spec)
	if err != nil {
		return false, err
	}
	o.SetAPIVersion(coordinationv1.SchemeGroupVersion.String())
	o.SetKind("Lease")
	o.Object["spec"] = content
	_, err = write(ctx, o, metav1.CreateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return false, nil
	}
	return err == nil, err
}

// Release lets another process have the lease at once. Where it fails, the lease runs out.
func (l *Lease) Release(ctx context.Context) {
	found, err := l.resource.Get(ctx, l.name, metav1.GetOptions{})
	if err != nil {
		return
	}
	if holder, _, _ := unstructured.NestedString(found.Object, "spec", "holderIdentity"); holder != l.identity {
		return
	}
	unstructured.RemoveNestedField(found.Object, "spec", "holderIdentity")
	_, _ = l.resource.Update(ctx, found, metav1.UpdateOptions{}) // as above
}
