package controller

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	watchapi "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"

	"edgegen/internal/gateway"
)

// objects keeps the objects of all kinds as the cluster has them. A kind that the cluster
// does not know, or does not show, is asked for again and again: its definition or the
// right to it may come.
type objects struct {
	client  dynamic.Interface
	log     *slog.Logger
	changed chan struct{} // says that something has changed
	looked  chan struct{} // is closed when each kind is known, or known to be missing

	mutex  sync.Mutex
	stores map[string]cache.Store // by kind
}

// missing is how often a kind is asked for that the cluster does not know.
const missing = 10 * time.Second

func newObjects(client dynamic.Interface, log *slog.Logger) *objects {
	return &objects{client: client, log: log, changed: make(chan struct{}, 1), looked: make(chan struct{}), stores: map[string]cache.Store{}}
}

// run watches until ctx ends.
func (o *objects) run(ctx context.Context) {
	var kinds, first sync.WaitGroup
	for _, kind := range gateway.Kinds() {
		first.Add(1)
		kinds.Go(func() { o.follow(ctx, kind, sync.OnceFunc(first.Done)) })
	}
	first.Wait()
	close(o.looked)
	kinds.Wait()
}

// synced waits until it is known what the cluster has.
func (o *objects) synced(ctx context.Context) error {
	select {
	case <-o.looked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// all is what the cluster has now.
func (o *objects) all() (all gateway.Objects) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for _, store := range o.stores {
		for _, one := range store.List() {
			if o, ok := one.(metav1.Object); ok {
				all.Add(o)
			}
		}
	}
	return all
}

// follow keeps the objects of a kind until ctx ends. looked is called when it is known
// what there is.
func (o *objects) follow(ctx context.Context, kind gateway.Kind, looked func()) {
	defer looked()
	told := ""
	for {
		_, err := o.client.Resource(kind.GroupVersionResource).List(ctx, metav1.ListOptions{Limit: 1})
		if err == nil {
			break
		}
		if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
			looked() // what can be read is served meanwhile
		}
		if err.Error() != told {
			told = err.Error()
			o.log.Warn("cannot read the cluster's objects", "kind", kind.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(missing):
		}
	}
	informer := cache.NewSharedIndexInformer(o.source(kind), &unstructured.Unstructured{}, 0, cache.Indexers{})
	// The errors say that it runs already.
	_ = informer.SetTransform(func(one any) (any, error) { return typed(kind, one) })
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { o.dirty() }, DeleteFunc: func(any) { o.dirty() },
		UpdateFunc: func(was, now any) {
			if version(was) != version(now) {
				o.dirty()
			}
		},
	})
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { informer.RunWithContext(ctx) })
	if cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		o.mutex.Lock()
		o.stores[kind.Name] = informer.GetStore()
		o.mutex.Unlock()
		looked()
		o.dirty() // a kind that the cluster has learnt later
	}
}

// source lists and watches the objects of a kind.
func (o *objects) source(kind gateway.Kind) cache.ListerWatcher {
	resource := o.client.Resource(kind.GroupVersionResource)
	only := func(o metav1.ListOptions) metav1.ListOptions {
		if kind.Name == "Secret" {
			o.FieldSelector = "type=kubernetes.io/tls" // no other one is any business of ours
		}
		return o
	}
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return resource.List(ctx, only(o))
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watchapi.Interface, error) {
			return resource.Watch(ctx, only(o))
		},
	}
}

// typed is an object of a kind as its type, without what nobody needs of it.
func typed(kind gateway.Kind, one any) (any, error) {
	u, ok := one.(*unstructured.Unstructured)
	if !ok {
		return one, nil // it is typed already, or was deleted unseen
	}
	u.SetManagedFields(nil)
	o, err := kind.Decode(u.Object)
	if err != nil {
		return nil, fmt.Errorf("%s %s/%s: %w", kind.Name, u.GetNamespace(), u.GetName(), err)
	}
	return o, nil
}

func version(one any) string {
	if o, ok := one.(metav1.Object); ok {
		return o.GetResourceVersion()
	}
	return ""
}

func (o *objects) dirty() {
	select {
	case o.changed <- struct{}{}:
	default: // it is known already
	}
}
