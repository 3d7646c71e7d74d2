package vault

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"edgegen/test/cluster"
)

// inSecrets makes members of one vault, each with clients of its own, at an API server.
func inSecrets(t *testing.T) func(lease time.Duration) Vault {
	t.Helper()
	server := cluster.Start(t)
	config, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	return func(lease time.Duration) Vault {
		v, err := secretsOf(config, "kubernetes://default/edge", "default", "edge", lease)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A vault of Secrets keeps what is written, a certificate as others of the cluster read one,
// and has locks that outlast no holder.
func TestSecrets(t *testing.T) {
	member := inSecrets(t)
	t.Run("keeps", func(t *testing.T) { keepsSecrets(t, member(LeaseTime), member(LeaseTime)) })
	t.Run("locks", func(t *testing.T) { locksSecrets(t, member) })
}

func keepsSecrets(t *testing.T, one, other Vault) {
	ctx := t.Context()
	if _, err := one.Read(ctx, "a/b.pem"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was never written reads as %v", err)
	}
	const pair = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n"
	seen := map[string]bool{}
	for _, text := range []string{"first", pair, "second", pair} { // also from one kind to the other
		if err := one.Write(ctx, "a/b.pem", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := other.Read(ctx, "a/b.pem"); string(got) != text || err != nil {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
		versions, err := other.Versions(ctx, "a")
		if err != nil || len(versions) != 1 || seen[versions["a/b.pem"]] {
			t.Errorf("versions %v, %v", versions, err)
		}
		seen[versions["a/b.pem"]] = true
	}
	s := one.(*secrets)
	called, _ := s.called("a/b.pem")
	found, err := s.objects.Get(ctx, called, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if kind, _, _ := unstructured.NestedString(found.Object, "type"); kind != "kubernetes.io/tls" {
		t.Errorf("the Secret is of the type %q", kind)
	}
	// A challenge is found at once by whoever did not find it before.
	if _, err := other.Read(ctx, askedFolder+"/x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := one.Write(ctx, askedFolder+"/x", []byte("y")); err != nil {
		t.Fatal(err)
	}
	if got, err := other.Read(ctx, askedFolder+"/x"); string(got) != "y" || err != nil {
		t.Errorf("a challenge is %q, %v", got, err)
	}
	if err := errors.Join(other.Remove(ctx, "a/b.pem"), other.Remove(ctx, "a/b.pem"), one.Remove(ctx, askedFolder+"/x")); err != nil {
		t.Error(err)
	}
	if versions, err := one.Versions(ctx, "a"); len(versions) != 0 || err != nil {
		t.Errorf("there is left %v, %v", versions, err)
	}
}

func locksSecrets(t *testing.T, member func(time.Duration) Vault) {
	const lease = 2 * time.Second
	var inside, turns atomic.Int32
	var edges sync.WaitGroup
	for range 4 {
		edges.Go(func() {
			v := member(lease)
			for range 3 {
				held, release, err := v.Lock(t.Context(), "a/b")
				if err != nil {
					t.Error(err)
					return
				}
				if now := inside.Add(1); now != 1 || held.Err() != nil {
					t.Errorf("%d edges hold the lock, %v", now, context.Cause(held))
				}
				turns.Add(1)
				inside.Add(-1)
				release()
			}
		})
	}
	edges.Wait()
	if turns.Load() != 12 {
		t.Errorf("%d turns", turns.Load())
	}
	// One that dies says nothing any more: nobody gives its lock back.
	dead := member(lease).(*secrets)
	dead.rhythm.lease = time.Hour // it does not renew while the test looks
	_, _, err := dead.Lock(t.Context(), "dies")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, release, err := member(lease).Lock(t.Context(), "dies")
	if err != nil {
		t.Fatal(err)
	}
	release()
	if waited := time.Since(began); waited < lease {
		t.Errorf("a lock was taken after %v from one who may be alive", waited)
	}
}

func TestInCluster(t *testing.T) {
	for place, good := range map[string]bool{"kubernetes://web/edge": true, "kubernetes://web": false, "kubernetes:///edge": false, "kubernetes://web/Edge": false, "kubernetes://web/edge/x": false} {
		if namespace, name, err := InCluster(place); (err == nil) != good || good && (namespace != "web" || name != "edge") {
			t.Errorf("%s: %q %q %v", place, namespace, name, err)
		} else if err != nil && !strings.Contains(err.Error(), place) {
			t.Errorf("%v does not name the place", err)
		}
	}
}
