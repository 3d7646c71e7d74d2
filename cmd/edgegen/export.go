package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/atomicfile"
	"edgegen/internal/config"
	"edgegen/internal/kubernetes"
)

func newExport(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:     "export",
		Short:   "Describe the edge for what runs it: a cluster, Nomad, or systemd",
		Long:    `export describes an edge for what runs it, on one machine or where one is not enough.`,
		Example: `  edgegen export kubernetes --name shop`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return usageError{errors.New("export what? write kubernetes, nomad or systemd")}
		},
	}
	c.AddCommand(newExportKubernetes(s), newExportNomad(s), newExportSystemd(s))
	return c
}

type kubernetesFlags struct {
	kubernetes.Options
	output string
	given  []config.Given
}

func newExportKubernetes(s streams) *cobra.Command {
	var flags kubernetesFlags
	var controllers gatewayExport
	c := &cobra.Command{
		Use:   "kubernetes [SITE]",
		Short: "Print the objects of a cluster that runs the edge",
		Long: `kubernetes prints the objects of a cluster that runs the edge: a Deployment of
several, without rights and with a read-only root, that drain before they end; a
ConfigMap with the site and its files; a Service, a PodDisruptionBudget, a
HorizontalPodAutoscaler, and a NetworkPolicy that lets nothing else in or out. The
same site makes the same bytes.

Keys, passwords and what is sensitive stay where they are: the objects name
Secrets, and the head of the output says by which commands those are made.
Variables of the site come from a Secret NAME-variables, and what it asks of the
environment from NAME-environment, where there are such.

An edge that keeps certificates in the cluster (acme { store = "kubernetes://…" }) or
finds members there is given the rights to that, and runs in the namespace that is
named, unless --namespace says otherwise.

-o writes a file for each object into a directory, with a kustomization.yaml. A
site whose files do not fit into a ConfigMap (1 MiB) comes with an image of its
own, at /etc/edgegen: --in-image.

--gateway prints the objects of controllers instead, which serve what the cluster's
Gateways, HTTPRoutes and Ingresses say (edgegen gateway): with an account and its
rights, a Lease, and the GatewayClass and IngressClass edgegen. The definitions of
the Gateway API have to be there.`,
		Example: `  edgegen export kubernetes --name shop --image registry.example/edgegen:1.0 > shop.yaml
  edgegen export kubernetes -o base --namespace web
  edgegen export kubernetes --gateway`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			if controllers.wanted {
				return s.exportGateway(c, arguments, flags, controllers)
			}
			return s.exportKubernetes(siteOf(arguments), flags)
		},
	}
	c.Flags().StringVarP(&flags.output, "output", "o", "", "write files into this directory instead of printing")
	c.Flags().StringVar(&flags.Name, "name", "", "the name of the objects (default: the host of the first site, with dashes)")
	c.Flags().StringVar(&flags.Namespace, "namespace", "", "the namespace of the objects (default: the one that they are applied to)")
	c.Flags().StringVar(&flags.Image, "image", "edgegen:"+version(), "the image, as make image builds it")
	c.Flags().IntVar(&flags.Replicas, "replicas", 2, "how many edges there are at least")
	c.Flags().BoolVar(&flags.InImage, "in-image", false, "the image has the site and its files, at /etc/edgegen")
	c.Flags().BoolVar(&flags.ServiceMonitor, "service-monitor", false, "add a ServiceMonitor for the Prometheus operator")
	controllers.flags(c)
	givenFlags(c, &flags.given)
	return c
}

// loadForExport reads a site and reports its warnings. argument is the name of the site's
// file in its directory; "" if the site is the directory.
func (s streams) loadForExport(path string, given []config.Given) (loaded *config.Loaded, argument string, err error) {
	loaded, diagnostics := config.NewReader(path, given).Load()
	if loaded.Edge == nil {
		return nil, "", &config.Refused{Diagnostics: diagnostics}
	}
	s.report(diagnostics)
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		argument = filepath.Base(path)
	}
	return loaded, argument, nil
}

func (s streams) exportKubernetes(path string, flags kubernetesFlags) error {
	loaded, argument, err := s.loadForExport(path, flags.given)
	if err != nil {
		return err
	}
	flags.Argument = argument
	objects, secrets, doubts, err := kubernetes.Objects(loaded, flags.Options, version())
	if err != nil {
		return err
	}
	s.report(doubts)
	return s.exportObjects(flags, objects, secrets)
}

// writeObjects writes a directory that kustomize takes as a base, and names it.
func (s streams) writeObjects(flags kubernetesFlags, objects []kubernetes.Object, secrets []kubernetes.Secret) error {
	var files []exported
	for _, o := range objects {
		text, err := o.YAML()
		if err != nil {
			return err
		}
		files = append(files, exported{o.File, text})
	}
	files = append(files, exported{"kustomization.yaml", kubernetes.Kustomization(objects, secrets)})
	return s.writeExported(flags.output, files)
}

// exported is a file of what an edge is exported as.
type exported struct {
	name string
	text []byte
}

// writeExported writes files into a directory, and names it.
func (s streams) writeExported(dir string, files []exported) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", dir, causeOf(err))
	}
	for _, f := range files {
		if err := atomicfile.Write(filepath.Join(dir, f.name), f.text, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", f.name, causeOf(err))
		}
	}
	_, err := fmt.Fprintln(s.out, dir)
	return err
}
