// Package apiserver runs the API server of Kubernetes with its store, for tests: on
// loopback, with certificates that it makes for itself, and nothing kept but below one
// directory. Admission is as it is by default, pod security included, and roles are
// enforced. There are no nodes and no controllers: what is created stays as it is,
// so no Deployment gets pods, no Service gets endpoints, no namespace gets a service
// account, and one that is deleted never goes.
package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// Run serves until ctx is done, and calls ready with a kubeconfig of an administrator
// as soon as the server says that it is ready. What it keeps and writes is below dir. A
// process can run one server, as its feature gates and metrics are the process's.
func Run(ctx context.Context, dir string, ready func(kubeconfig string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	etcd, address, err := startEtcd(ctx, dir)
	if err != nil {
		return err
	}
	defer etcd.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a, err := newAccess(dir)
	if err != nil {
		return errors.Join(fmt.Errorf("prepare access: %w", err), listener.Close())
	}
	completed, err := optionsOf(ctx, dir, address, listener, a)
	if err != nil {
		return errors.Join(fmt.Errorf("set the API server's options: %w", err), listener.Close())
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := a.kubeconfig(kubeconfig, listener.Addr().String(), filepath.Join(dir, "apiserver.crt")); err != nil {
		return errors.Join(err, listener.Close())
	}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if err := await(ctx, kubeconfig); err != nil {
			cancel(err)
			return
		}
		ready(kubeconfig)
	}()
	err = app.Run(ctx, completed)
	cancel(err)
	<-asked
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return err
}

// optionsOf are those of the API server's command line that differ from the
// default.
func optionsOf(ctx context.Context, dir, etcd string, listener net.Listener, a access) (options.CompletedOptions, error) {
	s := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("apiserver", pflag.ContinueOnError)
	for _, set := range s.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	err := flags.Parse([]string{
		"--etcd-servers=" + etcd,
		"--cert-dir=" + dir,
		"--token-auth-file=" + a.tokens,
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=" + a.accountKey,
		"--service-account-key-file=" + a.accountKey,
		"--service-cluster-ip-range=10.96.0.0/16",
		"--endpoint-reconciler-type=none", // nobody else is to know of this server
	})
	if err != nil {
		return options.CompletedOptions{}, err
	}
	at := listener.Addr().(*net.TCPAddr)
	s.SecureServing.Listener, s.SecureServing.BindPort = listener, at.Port
	s.SecureServing.BindAddress, s.SecureServing.ExternalAddress = at.IP, at.IP
	if err := s.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, err
	}
	completed, err := s.Complete(ctx)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	return completed, utilerrors.NewAggregate(completed.Validate())
}

// await returns when the server says that it is ready, and has made the namespace that
// everybody begins with.
func await(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read the kubeconfig: %w", err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/readyz", "/api/v1/namespaces/default"} {
		for !answers(ctx, client, config.Host+path) {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}

// answers reports whether there is an answer of 200 at a URL.
func answers(ctx context.Context, client *http.Client, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}
