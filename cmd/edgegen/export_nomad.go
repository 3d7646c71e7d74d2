package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/nomad"
)

type nomadFlags struct {
	nomad.Options
	output string
	given  []config.Given
}

func newExportNomad(s streams) *cobra.Command {
	var flags nomadFlags
	c := &cobra.Command{
		Use:   "nomad [SITE]",
		Short: "Print a job of Nomad that runs the edge",
		Long: `nomad prints a Nomad job that runs several edges with the site: each on a machine of
its own, because of its ports, with the site and its files in templates, services with
checks, and time to drain before it ends. New edges are tried beside the old ones
(--canary), and removed if they are not healthy. The same site always makes the same
bytes.

Keys, passwords and sensitive values are not in the output: the job reads them from a
Nomad variable, and the first lines have the command that sets it. The site's own
variables may be given in the same way.

With --driver exec edgegen is a program on the machines, at --program, or one that the
job downloads (--artifact URL). The site's text files may have 768 KiB in all.`,
		Example: `  edgegen export nomad --name shop --image registry.example/edgegen:1.0 > shop.nomad.hcl
  edgegen export nomad --driver exec --canary 0 -o jobs`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(_ *cobra.Command, arguments []string) error {
			return s.exportNomad(siteOf(arguments), flags)
		},
	}
	c.Flags().StringVarP(&flags.output, "output", "o", "", "write edgegen.nomad.hcl into this directory instead of printing")
	c.Flags().StringVar(&flags.Name, "name", "", "of the job (default: the first site's host, with dashes)")
	c.Flags().StringVar(&flags.Namespace, "namespace", "", "of the job (default: Nomad's)")
	c.Flags().StringSliceVar(&flags.Datacenter, "datacenter", nil, "the datacenters that edges may run in (default: all)")
	c.Flags().IntVar(&flags.Count, "count", 2, "how many edges there are")
	c.Flags().IntVar(&flags.Canary, "canary", 1, "how many new edges are tried beside the old ones; 0 replaces one after the other")
	c.Flags().StringVar(&flags.Driver, "driver", nomad.Docker, "docker or exec")
	c.Flags().StringVar(&flags.Image, "image", "edgegen:"+version(), "the image, as make image builds it, for docker")
	c.Flags().StringVar(&flags.Program, "program", "/usr/local/bin/edgegen", "edgegen on the machines, for exec")
	c.Flags().StringVar(&flags.Artifact, "artifact", "", "a URL that edgegen is downloaded from, for exec")
	c.Flags().StringVar(&flags.Volume, "volume", "", "a host volume for the state (default: the allocation's disk)")
	c.Flags().StringVar(&flags.Provider, "provider", "nomad", "where services are registered, nomad or consul")
	givenFlags(c, &flags.given)
	return c
}

func (s streams) exportNomad(path string, flags nomadFlags) error {
	loaded, argument, err := s.loadForExport(path, flags.given)
	if err != nil {
		return err
	}
	flags.Argument = argument
	job, doubts, err := nomad.Job(loaded, flags.Options, version())
	if err != nil {
		return err
	}
	s.report(doubts)
	if flags.output != "" {
		return s.writeExported(flags.output, []exported{{"edgegen.nomad.hcl", []byte(job)}})
	}
	_, err = fmt.Fprint(s.out, job)
	return err
}
