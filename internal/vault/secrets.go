package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"edgegen/internal/incluster"
	"edgegen/internal/lease"
	"edgegen/internal/wait"
)

// Scheme begins the place of a vault in a cluster, as kubernetes://namespace/name.
const Scheme = "kubernetes://"

// secrets is a vault of Secrets in one namespace of a cluster, whose names begin with one
// word. A certificate with its key is a Secret of the type kubernetes.io/tls, which
// others of the cluster can use as well. The locks are Leases.
type secrets struct {
	place, namespace, prefix string
	identity                 string
	rhythm                   rhythm
	objects                  dynamic.ResourceInterface // the Secrets
	leases                   dynamic.ResourceInterface
	heads                    metadata.ResourceInterface // of the Secrets, without what is in them

	mu    sync.Mutex
	asked map[string]string // the challenges that were there
	when  time.Time         // they were asked for
}

// What tells the Secrets of a vault from others, and from each other.
const (
	storeLabel     = "edgegen.dev/store"
	nameAnnotation = "edgegen.dev/name"
)

// InCluster reads a place such as kubernetes://namespace/name. The error says what is
// wrong with it.
func InCluster(place string) (namespace, name string, err error) {
	namespace, name, ok := strings.Cut(strings.TrimPrefix(place, Scheme), "/")
	if !ok || len(validation.IsDNS1123Label(namespace)) > 0 || len(validation.IsDNS1123Label(name)) > 0 || len(name) > 30 {
		return "", "", fmt.Errorf("%q is no place in a cluster: write kubernetes://namespace/name, where the name has at most 30 lower-case letters, digits and dashes", place)
	}
	return namespace, name, nil
}

// Secrets is the vault of a place in a cluster. In a pod it is whoever the ServiceAccount
// says; elsewhere KUBECONFIG names the cluster.
func Secrets(place string) (Vault, error) {
	namespace, prefix, err := InCluster(place)
	if err != nil {
		return nil, err
	}
	config, err := incluster.Config()
	if err != nil {
		return nil, fmt.Errorf("the store %s: %w", place, err)
	}
	return secretsOf(config, place, namespace, prefix, LeaseTime)
}

func secretsOf(config *rest.Config, place, namespace, prefix string, duration time.Duration) (Vault, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("the store %s: %w", place, err)
	}
	heads, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("the store %s: %w", place, err)
	}
	kind := schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	return &secrets{place: place, namespace: namespace, prefix: prefix, identity: newIdentity(), rhythm: rhythm{duration}, objects: client.Resource(kind).Namespace(namespace),
		leases: client.Resource(lease.Resource()).Namespace(namespace), heads: heads.Resource(kind).Namespace(namespace)}, nil
}

func (s *secrets) String() string { return s.place }

// called is what the cluster calls the object of a name.
func (s *secrets) called(name string) (string, error) {
	sum := sha256.Sum256([]byte(name))
	return s.prefix + "-" + hex.EncodeToString(sum[:10]), good(name)
}

// problem says where something went wrong, and what to do where edgegen may not do it.
func (s *secrets) problem(err error) error {
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return err
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return fmt.Errorf("the store %s: %w; let the ServiceAccount get, list, create, update and delete secrets, and leases of coordination.k8s.io", s.place, err)
	}
	return fmt.Errorf("the store %s: %w", s.place, err)
}

func (s *secrets) Read(ctx context.Context, name string) ([]byte, error) {
	called, err := s.called(name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if strings.HasPrefix(name, askedFolder+"/") {
		if err := s.isAsked(ctx, name); err != nil {
			return nil, err
		}
	}
	found, err := s.objects.Get(ctx, called, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, s.problem(err)
	}
	return contentOf(found)
}

func (s *secrets) Write(ctx context.Context, name string, content []byte) error {
	called, err := s.called(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := s.replace(ctx, called, name, content)
		if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) {
			if wait.For(ctx, 10*time.Millisecond) {
				continue // another edge was faster
			}
		}
		if err == nil && strings.HasPrefix(name, askedFolder+"/") {
			wait.For(ctx, 2*askedTime) // until no edge remembers that it was not there
		}
		return s.problem(err)
	}
}

// replace writes what is under a name, unless somebody else does so at the same time.
func (s *secrets) replace(ctx context.Context, called, name string, content []byte) error {
	found, err := s.objects.Get(ctx, called, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		fresh := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret"}}
		fresh.SetName(called)
		fresh.SetLabels(map[string]string{storeLabel: s.prefix})
		fresh.SetAnnotations(map[string]string{nameAnnotation: name})
		fill(fresh, content)
		_, err = s.objects.Create(ctx, fresh, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	was, _, _ := unstructured.NestedString(found.Object, "type") // "" is another one
	fill(found, content)
	if found.Object["type"] != was { // which cannot be changed
		version := found.GetResourceVersion()
		if err := s.objects.Delete(ctx, called, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &version}}); err != nil {
			return err
		}
		return s.replace(ctx, called, name, content)
	}
	_, err = s.objects.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

func (s *secrets) Remove(ctx context.Context, name string) error {
	called, err := s.called(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = s.objects.Delete(ctx, called, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return s.problem(err)
}

func (s *secrets) Versions(ctx context.Context, folder string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := s.heads.List(ctx, metav1.ListOptions{LabelSelector: storeLabel + "=" + s.prefix})
	if err != nil {
		return nil, s.problem(err)
	}
	versions := map[string]string{}
	for i := range found.Items {
		if name := found.Items[i].Annotations[nameAnnotation]; strings.HasPrefix(name, folder+"/") {
			versions[name] = found.Items[i].ResourceVersion
		}
	}
	return versions, nil
}

// Anybody can ask an edge for what is in askedFolder. So the cluster is asked what there is
// once in askedTime at most.
const (
	askedFolder = "challenges"
	askedTime   = 250 * time.Millisecond
)

// isAsked returns fs.ErrNotExist where there is nothing under a name.
func (s *secrets) isAsked(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.when) > askedTime {
		now := time.Now()
		asked, err := s.Versions(ctx, askedFolder)
		if err != nil {
			return err
		}
		s.asked, s.when = asked, now
	}
	if _, there := s.asked[name]; !there {
		return fs.ErrNotExist
	}
	return nil
}
