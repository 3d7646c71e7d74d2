package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"edgegen/internal/gateway"
	"edgegen/internal/kubernetes"
)

// gatewayExport are the flags of `export kubernetes --gateway`.
type gatewayExport struct {
	wanted bool
	edge   string
	ports  []uint
}

func (g *gatewayExport) flags(c *cobra.Command) {
	c.Flags().BoolVar(&g.wanted, "gateway", false, "print the objects of controllers that serve the cluster's Gateways and Ingresses; takes no SITE")
	c.Flags().StringVar(&g.edge, "edge", "", "with --gateway, a file with the edge block of all edges (default: none)")
	c.Flags().UintSliceVar(&g.ports, "ports", []uint{80, 443}, "with --gateway, the listeners' ports, through which clients come in")
}

// The name and the namespace of a controller where none are given, and the class that
// its objects have.
const (
	gatewayName      = "edgegen-gateway"
	gatewayNamespace = "edgegen"
	gatewayClass     = "edgegen"
)

// exportGateway prints the objects of controllers.
func (s streams) exportGateway(c *cobra.Command, arguments []string, flags kubernetesFlags, g gatewayExport) error {
	switch {
	case len(arguments) > 0 || flags.InImage || len(flags.given) > 0:
		return usageError{errors.New("--gateway: the cluster's objects say what is served: leave out SITE, variables and --in-image")}
	case len(g.ports) == 0 || slices.ContainsFunc(g.ports, func(p uint) bool { return p < 1 || p > 65535 || p == kubernetes.HealthPort }):
		return usageError{fmt.Errorf("--ports: write numbers from 1 to 65535, except %d, which the controller needs itself", kubernetes.HealthPort)}
	}
	o := kubernetes.GatewayOptions{Options: flags.Options, Classes: gatewayClass}
	if o.Name == "" {
		o.Name = gatewayName
	}
	if !c.Flags().Changed("namespace") {
		o.Namespace = gatewayNamespace
	}
	slices.Sort(g.ports)
	for _, p := range slices.Compact(g.ports) {
		o.Ports = append(o.Ports, uint16(p))
	}
	var err error
	if o.Shared, err = gateway.LoadShared(g.edge); err != nil {
		return err
	}
	if g.edge != "" {
		if o.Text, err = os.ReadFile(g.edge); err != nil {
			return fmt.Errorf("read %s: %w", g.edge, causeOf(err))
		}
	}
	objects, err := kubernetes.GatewayObjects(o, version())
	if err != nil {
		return err
	}
	return s.exportObjects(flags, objects, nil)
}

// exportObjects prints objects, or writes a file for each.
func (s streams) exportObjects(flags kubernetesFlags, objects []kubernetes.Object, secrets []kubernetes.Secret) error {
	if flags.output != "" {
		return s.writeObjects(flags, objects, secrets)
	}
	text, err := kubernetes.Stream(objects, secrets)
	if err != nil {
		return err
	}
	_, err = s.out.Write(text)
	return err
}
