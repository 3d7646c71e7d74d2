package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"

	"edgegen/internal/gateway"
)

type gatewayFlags struct {
	gateway.Options
	from      string
	addresses []string
}

func newGateway(s streams) *cobra.Command {
	var flags gatewayFlags
	c := &cobra.Command{
		Use:   "gateway",
		Short: "Serve the Gateways, HTTPRoutes and Ingresses of a cluster",
		Long: `gateway reads objects of a cluster as sites.

It reads GatewayClasses and IngressClasses whose controller is ` + gateway.ControllerName + `,
and what belongs to them: Gateways with HTTP and HTTPS listeners, HTTPRoutes,
ReferenceGrants and Ingresses; Services by their EndpointSlices, and certificates
by Secrets. What it has no equal for is refused in the status of whoever asks
for it.

With --from it reads the objects from a file, or from the files of a directory, and
prints the site of each edge that they make, with the statuses that it would
write. No cluster is asked, and no edge is started.`,
		Example: `  edgegen gateway --from manifests`,
		Args:    noArguments,
		RunE: func(_ *cobra.Command, _ []string) error {
			for _, text := range flags.addresses {
				address, err := netip.ParseAddr(text)
				if err != nil {
					return usageError{fmt.Errorf("--addresses: %q is no IP address", text)}
				}
				flags.Addresses = append(flags.Addresses, address)
			}
			if flags.from == "" {
				return usageError{errors.New("name the objects with --from")}
			}
			return s.printGateway(flags)
		},
	}
	c.Flags().StringVar(&flags.Class, "class", "", "the one GatewayClass and IngressClass whose objects are served (default: each that names the controller)")
	c.Flags().StringSliceVar(&flags.addresses, "addresses", nil, "IP addresses to listen at, one for each Gateway (default: all of the machine, where no two Gateways can have one port)")
	c.Flags().StringVar(&flags.Published, "publish", "", "the address or host that statuses tell clients, as of a load balancer (default: the one that is listened at)")
	c.Flags().StringVar(&flags.from, "from", "", "read objects from this file or directory, and print what would be done")
	return c
}
