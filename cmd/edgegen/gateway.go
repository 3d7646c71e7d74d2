package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"edgegen/internal/controller"
	"edgegen/internal/gateway"
	"edgegen/internal/generation"
	"edgegen/internal/systemd"
)

type gatewayFlags struct {
	gateway.Options
	from, engine, stateDir, kubeconfig, namespace, lease, service, health string
	addresses                                                             []string
}

func newGateway(s streams) *cobra.Command {
	var flags gatewayFlags
	c := &cobra.Command{
		Use:   "gateway",
		Short: "Serve the Gateways, HTTPRoutes and Ingresses of a cluster",
		Long: `gateway is a controller for a Kubernetes cluster: it watches objects, runs an edge for
each address and port that they name, and reports in their statuses. A change of
objects is a reload: no request or WebSocket under way is cut off.

It serves GatewayClasses and IngressClasses whose controller is ` + gateway.ControllerName + `,
and what belongs to them: Gateways with HTTP and HTTPS listeners, HTTPRoutes,
ReferenceGrants and Ingresses; Services by their EndpointSlices, and certificates
by Secrets. What edgegen cannot do is refused in the status of the object that asks
for it.

--edge names a file with an edge block for all edges: engines, limits, timeouts, the
log, trusted_proxies. It has no listeners and no sites, which come from the objects.
It is read again when it changes, and on SIGHUP.

Several controllers may run. All of them serve, and the one that holds the Lease
writes the statuses. In a pod, the pod's ServiceAccount gives access to the cluster;
elsewhere KUBECONFIG or --kubeconfig does.

With --from it reads the objects from a file, or from the files of a directory, and
prints the site of each edge, and the statuses that it would write. No cluster is
asked, and no edge is started.`,
		Example: `  edgegen gateway --from manifests`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, text := range flags.addresses {
				address, err := netip.ParseAddr(text)
				if err != nil {
					return usageError{fmt.Errorf("--addresses: %q is not an IP address", text)}
				}
				flags.Addresses = append(flags.Addresses, address)
			}
			if namespace, name, has := strings.Cut(flags.service, "/"); flags.service != "" && (!has || flags.Published != "") {
				return usageError{errors.New("--publish-service: write NAMESPACE/NAME, and leave out --publish")}
			} else if has {
				flags.PublishedBy = types.NamespacedName{Namespace: namespace, Name: name}
			}
			if _, err := gateway.LoadShared(flags.Shared); err != nil {
				return err
			}
			if flags.from != "" {
				return s.printGateway(flags)
			}
			return s.serveGateway(c.Context(), flags)
		},
	}
	c.Flags().StringVar(&flags.Class, "class", "", "serve only the GatewayClass and IngressClass of this name (default: all that name the controller)")
	c.Flags().StringSliceVar(&flags.addresses, "addresses", nil, "IP addresses to listen on, one for each Gateway (default: all of the machine; then no two Gateways can have the same port)")
	c.Flags().StringVar(&flags.Published, "publish", "", "the address or host for the statuses, such as a load balancer's (default: the listener's address)")
	c.Flags().StringVar(&flags.Shared, "edge", "", "a file with an edge block for all edges (default: none)")
	c.Flags().StringVar(&flags.from, "from", "", "read objects from this file or directory, and print what would be done")
	c.Flags().StringVar(&flags.kubeconfig, "kubeconfig", "", "the kubeconfig file (default: KUBECONFIG, or the pod's ServiceAccount)")
	c.Flags().StringVar(&flags.service, "publish-service", "", "the Service that clients come through, as NAMESPACE/NAME; its address is written into the statuses")
	c.Flags().StringVar(&flags.lease, "lease", "edgegen-gateway", "the Lease that decides which of several controllers writes statuses")
	c.Flags().StringVar(&flags.namespace, "lease-namespace", "", "the namespace of the Lease (default: the pod's, or else that of the kubeconfig)")
	c.Flags().StringVar(&flags.health, "health", "", "the address that answers /healthz, /readyz and /metrics for the cluster, such as :9145 (default: none)")
	engineFlag(c, &flags.engine, "auto, native (fail if a daemon is missing), builtin, or a list such as cache=off,web=builtin (default: auto)")
	stateDirFlag(c, &flags.stateDir)
	return c
}

// cluster says how to reach the cluster, by the flags, the environment or the pod, and in
// which namespace.
func (flags *gatewayFlags) cluster() (*rest.Config, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = flags.kubeconfig
	kubeconfig := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{})
	config, err := kubeconfig.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("find the cluster: %w", err)
	}
	config.UserAgent = "edgegen/" + version()
	config.QPS = -1 // the server says when it is too much (API Priority and Fairness)
	if flags.namespace != "" {
		return config, flags.namespace, nil
	}
	namespace, _, err := kubeconfig.Namespace()
	return config, namespace, err
}

// serveGateway serves the objects of a cluster until a signal.
func (s streams) serveGateway(ctx context.Context, flags gatewayFlags) error {
	selection, err := generation.ParseSelection(flags.engine)
	if err != nil {
		return usageError{fmt.Errorf("--engine: %w", err)}
	}
	cluster, namespace, err := flags.cluster()
	if err != nil {
		return err
	}
	directory, err := stateDir(flags.stateDir)
	if err == nil {
		directory, err = filepath.Abs(directory)
	}
	if err != nil {
		return fmt.Errorf("find the state directory: %w", err)
	}
	host, err := os.Hostname() // a pod's is its name
	if err != nil {
		return fmt.Errorf("name this controller: %w", err)
	}
	return s.queued(func(s streams, log logger) error {
		klog.SetSlogLogger(log.Logger)
		signals := listenForSignals(ctx)
		defer signals.close()
		notify := systemd.NewNotifier(log.Logger)
		return controller.Run(signals.first, signals.second, controller.Options{
			Options: flags.Options, Cluster: cluster, Directory: filepath.Join(directory, "gateway"), Select: selection,
			Version: version(), Guardian: []string{guardianArgument}, Lease: flags.lease, Namespace: namespace, Identity: fmt.Sprintf("%s_%d", host, os.Getpid()),
			Health: flags.health, Hangup: signals.hangup, Reopen: signals.reopen, SetLevel: log.setLevel, Log: log.Logger, Access: &lockedWriter{w: s.out},
			Ready: func() { notify.Ready("every edge serves what the cluster says") },
		})
	})
}
