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
		Short:   "Print what runs the edge in Kubernetes, Nomad or systemd",
		Long:    `export prints the objects, the job or the units by which Kubernetes, Nomad or systemd run the edge.`,
		Example: `  edgegen export kubernetes --name shop`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return usageError{errors.New("name what to export for: kubernetes, nomad or systemd")}
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
		Long: `kubernetes prints the objects by which a cluster runs the edge: a Deployment of
several pods, without privileges and with a read-only root, that drain before they
end; a ConfigMap with the site and its files; a Service, a PodDisruptionBudget, a
HorizontalPodAutoscaler, and a NetworkPolicy that allows only what the edge needs. The
same site always makes the same bytes.

Keys, passwords and sensitive values are not in the output: the objects refer to
Secrets, and the first lines have the commands that make those. If the site has
variables, they come from a Secret NAME-variables; if it reads the environment, that
comes from NAME-environment.

An edge that keeps certificates in the cluster (acme { store = "kubernetes://…" }), or
finds members there, gets the rights for that, and runs in the namespace named there,
unless --namespace says otherwise.

-o writes a file for each object into a directory, with a kustomization.yaml. If the
files of the site do not fit into a ConfigMap (1 MiB), build an image with them at
/etc/edgegen, and pass --in-image.

--gateway prints the objects of controllers instead (edgegen gateway), which serve the
cluster's Gateways, HTTPRoutes and Ingresses: with a ServiceAccount and its rights, a
Lease, and the GatewayClass and IngressClass edgegen. The Gateway API's CRDs have to
be installed in the cluster.`,
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
	c.Flags().IntVar(&flags.Replicas, "replicas", 2, "the smallest number of edges")
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
