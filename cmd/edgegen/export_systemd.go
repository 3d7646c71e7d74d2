package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/units"
)

type systemdFlags struct {
	units.Options
	output string
	given  []config.Given
}

func newExportSystemd(s streams) *cobra.Command {
	var flags systemdFlags
	c := &cobra.Command{
		Use:   "systemd [SITE]",
		Short: "Print units of systemd that run the edge",
		Long: `systemd prints a service and a socket that run the edge: with the listeners of the
site, its drain, and a sandbox that allows what the site needs and no more.

--daemons prints units with which systemd supervises the daemons: one for each
daemon, one that renders the files, and a target. What edgegen would do while it runs
is then missing: a reload is not a transaction, and nothing stands in for a daemon
that is down. It says which parts of the site need edgegen.

-o writes a file for each unit into a directory.`,
		Example: `  edgegen export systemd --at /etc/edgegen/site.hcl
  edgegen export systemd --daemons -o units`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			return s.exportSystemd(c, siteOf(arguments), flags)
		},
	}
	c.Flags().StringVarP(&flags.output, "output", "o", "", "write files into this directory instead of printing")
	c.Flags().StringVar(&flags.Name, "name", "edgegen", "the name of the units")
	c.Flags().StringVar(&flags.User, "user", "edgegen", "the user that the units run as")
	c.Flags().StringVar(&flags.Site, "at", "", "the path of SITE on the machine of the units (default: as here)")
	c.Flags().StringVar(&flags.Program, "program", "/usr/local/bin/edgegen", "the path of edgegen on that machine")
	c.Flags().BoolVar(&flags.Daemons, "daemons", false, "let systemd supervise the daemons, and edgegen only render their files")
	givenFlags(c, &flags.given)
	return c
}

func (s streams) exportSystemd(c *cobra.Command, path string, flags systemdFlags) error {
	loaded, diagnostics := config.NewReader(path, flags.given).Load()
	if loaded.Edge == nil {
		return &config.Refused{Diagnostics: diagnostics}
	}
	if flags.Daemons { // it is said what they lack without edgegen
		_, said, err := generation.Render(c.Context(), path, generation.Rendering{Given: flags.given, Layout: printedLayout(), Version: version()})
		if err != nil {
			return err
		}
		diagnostics = said
	}
	s.report(diagnostics)
	flags.Root = loaded.Root
	if flags.Site == "" {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("find %s: %w", path, err)
		}
		flags.Site = absolute
	}
	all, err := units.Units(loaded.Edge, flags.Options)
	if err != nil {
		return err
	}
	if flags.output != "" {
		var files []exported
		for _, u := range all {
			files = append(files, exported{u.Name, []byte(u.Text)})
		}
		return s.writeExported(flags.output, files)
	}
	for i, u := range all {
		gap := ""
		if i > 0 {
			gap = "\n"
		}
		if _, err := fmt.Fprintf(s.out, "%s# ==== %s ====\n%s", gap, u.Name, u.Text); err != nil {
			return fmt.Errorf("print %s: %w", u.Name, err)
		}
	}
	return nil
}
