package incluster

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"

	"github.com/go-logr/logr"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// Service is one of the cluster, of whose pods one port is asked for.
type Service struct {
	Namespace, Name string
	// Port is the name of the port. A Service with one port need not call it so.
	Port string
}

// MembersPort is what the port is called at which edges ask each other.
const MembersPort = "members"

// String is what a person calls it.
func (s Service) String() string { return s.Namespace + "/" + s.Name }

// Addresses asks once where the pods of a Service are. The error says why that is not
// known, and what to do where edgegen may not ask.
func (s Service) Addresses(ctx context.Context) ([]netip.AddrPort, error) {
	asked, err := s.slices()
	if err != nil {
		return nil, err
	}
	found, err := asked.List(ctx, s.only(metav1.ListOptions{}))
	if err != nil {
		return nil, s.problem(err)
	}
	var all []*unstructured.Unstructured
	for i := range found.Items {
		all = append(all, &found.Items[i])
	}
	return s.addresses(all)
}

// Follow tells where the pods of a Service are, and why that is not known for now, whenever
// either changes, from one goroutine at a time, until ctx ends. It returns at once where
// there is no cluster to ask, with why.
func (s Service) Follow(ctx context.Context, log *slog.Logger, told func([]netip.AddrPort, error)) error {
	asked, err := s.slices()
	if err != nil {
		return err
	}
	// What goes wrong is told, and of no use in a log besides.
	ctx, cancel := context.WithCancel(klog.NewContext(ctx, logr.FromSlogHandler(log.Handler())))
	f := &follower{service: s, asked: asked, changed: make(chan struct{}, 1), failed: make(chan error)}
	informer := cache.NewSharedIndexInformer(&cache.ListWatch{ListWithContextFunc: f.list, WatchFuncWithContext: f.watch}, &unstructured.Unstructured{}, 0, cache.Indexers{})
	// The errors say that it runs already.
	_ = informer.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {})
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { f.dirty() }, UpdateFunc: func(_, _ any) { f.dirty() }, DeleteFunc: func(any) { f.dirty() },
	})
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { informer.RunWithContext(ctx) })
	running.Go(func() { // there may be none at all, which is no change
		if cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			f.dirty()
		}
	})
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-f.failed:
			told(nil, s.problem(err))
		case <-f.changed:
			if informer.HasSynced() { // before, some may be missing
				told(s.addresses(listed(informer.GetStore())))
			}
		}
	}
}

// follower asks the cluster, and says whether it has answered: whoever follows by it goes
// on silently where the cluster is away.
type follower struct {
	service Service
	asked   dynamic.ResourceInterface
	changed chan struct{}
	failed  chan error
}

func (f *follower) list(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	found, err := f.asked.List(ctx, f.service.only(o))
	f.tell(ctx, err)
	return found, err
}

func (f *follower) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	watched, err := f.asked.Watch(ctx, f.service.only(o))
	f.tell(ctx, err)
	return watched, err
}

func (f *follower) tell(ctx context.Context, err error) {
	if err == nil || apierrors.IsResourceExpired(err) || apierrors.IsGone(err) { // then it is listed anew
		f.dirty()
		return
	}
	select {
	case f.failed <- err:
	case <-ctx.Done():
	}
}

func (f *follower) dirty() {
	select {
	case f.changed <- struct{}{}:
	default: // it is known already
	}
}

func listed(store cache.Store) (all []*unstructured.Unstructured) {
	for _, one := range store.List() {
		if o, ok := one.(*unstructured.Unstructured); ok {
			all = append(all, o)
		}
	}
	return all
}

// slices is where the EndpointSlices of the namespace are asked for.
func (s Service) slices() (dynamic.ResourceInterface, error) {
	config, err := Config()
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	return client.Resource(discoveryv1.SchemeGroupVersion.WithResource("endpointslices")).Namespace(s.Namespace), nil
}

// only asks for those of the Service.
func (s Service) only(o metav1.ListOptions) metav1.ListOptions {
	o.LabelSelector = discoveryv1.LabelServiceName + "=" + s.Name
	return o
}

func (s Service) problem(err error) error {
	if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
		return fmt.Errorf("ask for the pods of the Service %s: %w; let the ServiceAccount list and watch endpointslices of discovery.k8s.io", s, err)
	}
	return fmt.Errorf("ask for the pods of the Service %s: %w", s, err)
}
