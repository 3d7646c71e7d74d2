package controller

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
)

// lease is a Lease of the cluster, which one of several controllers holds. What client-go
// has for it comes with the types of all objects of Kubernetes, and their registration at
// every start.
type lease struct {
	resource dynamic.ResourceInterface
	identity string
	log      *slog.Logger
	won      chan struct{} // says that it is held since now
	until    atomic.Int64  // Unix nanoseconds; it is held until then
	// seen is what another one has said last, and since when, by the clock here: those of
	// two machines may differ.
	seen  string
	since time.Time
}

// leaseName is the name of the Lease.
const leaseName = "edgegen-gateway"

const (
	leaseTime  = 15 * time.Second // how long it is held after the last renewal
	leaseRenew = 4 * time.Second
)

func newLease(client dynamic.Interface, o Options) *lease {
	return &lease{resource: client.Resource(coordinationv1.SchemeGroupVersion.WithResource("leases")).Namespace(o.Namespace),
		identity: o.Identity, log: o.Log, won: make(chan struct{}, 1)}
}

// held reports whether this controller holds the lease.
func (l *lease) held() bool { return time.Now().UnixNano() < l.until.Load() }

// run tries to get the lease, and keeps it, until ctx ends; then it is given back.
func (l *lease) run(ctx context.Context) {
	for {
		was := l.held()
		asked := time.Now()
		mine, err := l.acquire(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			l.log.Warn("the lease cannot be asked for", "error", err)
		case mine:
			// The others count from when they see it, which is later.
			l.until.Store(asked.Add(leaseTime * 2 / 3).UnixNano())
			if !was {
				l.log.Info("this controller writes the statuses", "identity", l.identity)
				select {
				case l.won <- struct{}{}:
				default: // it is known already
				}
			}
		case err == nil:
			l.until.Store(0)
		}
		select {
		case <-ctx.Done():
			l.release(context.WithoutCancel(ctx))
			return
		case <-time.After(leaseRenew):
		}
	}
}

// acquire takes or renews the lease, unless another one holds it.
func (l *lease) acquire(ctx context.Context) (mine bool, err error) {
	found, err := l.resource.Get(ctx, leaseName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		fresh := &unstructured.Unstructured{Object: map[string]any{}}
		fresh.SetName(leaseName)
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
	if holder != "" && holder != l.identity && time.Since(l.since) < leaseTime {
		return false, nil
	}
	return l.take(ctx, found, current.Spec, func(ctx context.Context, o *unstructured.Unstructured, _ metav1.CreateOptions, more ...string) (*unstructured.Unstructured, error) {
		return l.resource.Update(ctx, o, metav1.UpdateOptions{}, more...)
	})
}

// take writes that this controller holds the lease. Of several that do so at once, the
// cluster lets one through.
func (l *lease) take(ctx context.Context, o *unstructured.Unstructured, was coordinationv1.LeaseSpec,
	write func(context.Context, *unstructured.Unstructured, metav1.CreateOptions, ...string) (*unstructured.Unstructured, error)) (bool, error) {
	now, seconds := metav1.NowMicro(), int32(leaseTime/time.Second)
	spec := coordinationv1.LeaseSpec{HolderIdentity: &l.identity, LeaseDurationSeconds: &seconds, RenewTime: &now, AcquireTime: was.AcquireTime, LeaseTransitions: was.LeaseTransitions}
	if was.HolderIdentity == nil || *was.HolderIdentity != l.identity {
		times := int32(0)
		if was.LeaseTransitions != nil {
			times = *was.LeaseTransitions + 1
		}
		spec.AcquireTime, spec.LeaseTransitions = &now, &times
	}
	content, err := content(spec)
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

// release lets another controller have the lease at once.
func (l *lease) release(ctx context.Context) {
	if !l.held() {
		return
	}
	l.until.Store(0)
	ctx, cancel := context.WithTimeout(ctx, leaseRenew)
	defer cancel()
	found, err := l.resource.Get(ctx, leaseName, metav1.GetOptions{})
	if err != nil {
		return // it runs out
	}
	if holder, _, _ := unstructured.NestedString(found.Object, "spec", "holderIdentity"); holder != l.identity {
		return
	}
	unstructured.RemoveNestedField(found.Object, "spec", "holderIdentity")
	_, _ = l.resource.Update(ctx, found, metav1.UpdateOptions{}) // likewise
}
