package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/control"
	"edgegen/internal/render"
)

type renderFlags struct {
	output, only, stateDir string
}

func newRender(s streams) *cobra.Command {
	var flags renderFlags
	c := &cobra.Command{
		Use:   "render [SITE]",
		Short: "Print or write the configuration of stunnel, Varnish and nginx",
		Long: `render prints stunnel.conf, default.vcl, nginx.conf and varnishd's arguments,
each under a header line. With -o it writes them into a directory, with the PEM
files that stunnel needs (readable by their owner alone), ready to be run by
hand or by systemd: each file says in its head how.

The same site makes the same bytes, always.`,
		Args: siteArgument,
		RunE: func(c *cobra.Command, arguments []string) error {
			if flags.output != "" {
				return writeRendered(c, s, siteOf(arguments), flags)
			}
			return printRendered(c, s, siteOf(arguments), flags)
		},
	}
	c.Flags().StringVarP(&flags.output, "output", "o", "", "write into this directory instead of printing")
	c.Flags().StringVar(&flags.only, "only", "", "one daemon's files: stunnel, varnish or nginx")
	stateDirFlag(c, &flags.stateDir)
	return c
}

// printedLayout is what printed files refer to, since they stand nowhere.
func printedLayout() render.Layout {
	return render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}
}

func printRendered(c *cobra.Command, s streams, site string, flags renderFlags) error {
	if _, err := selectFiles(&render.Output{}, flags.only); err != nil {
		return err
	}
	output, diagnostics, err := control.Render(c.Context(), site, printedLayout(), "", version(), false)
	if err != nil {
		return err
	}
	s.report(diagnostics)
	files, err := selectFiles(output, flags.only)
	if err != nil {
		return err
	}
	for i, file := range files {
		if err := printFile(s.out, file, i > 0); err != nil {
			return fmt.Errorf("print %s: %w", file.Name, err)
		}
	}
	return nil
}

// printFile prints a file under a line that is a comment in its language.
func printFile(w io.Writer, file render.File, apart bool) error {
	comment := "#"
	if strings.HasPrefix(file.Name, "stunnel") {
		comment = ";"
	}
	gap := ""
	if apart {
		gap = "\n"
	}
	_, err := fmt.Fprintf(w, "%s%s ==== %s ====\n%s", gap, comment, file.Name, file.Data)
	return err
}

func writeRendered(c *cobra.Command, s streams, site string, flags renderFlags) error {
	if _, err := selectFiles(&render.Output{}, flags.only); err != nil {
		return err
	}
	dir, err := filepath.Abs(flags.output)
	if err != nil {
		return fmt.Errorf("find the output directory: %w", err)
	}
	state, err := stateDir(flags.stateDir)
	if err != nil {
		return err
	}
	layout := render.Layout{Dir: dir, Run: filepath.Join(dir, "run")}
	if len(layout.Run) > render.MaxRun {
		return fmt.Errorf("the path %s is too long for the sockets below it: write into a directory with a shorter name", layout.Run)
	}
	// The generation that every file names covers the certificates, so that they
	// are needed for any of them.
	output, diagnostics, err := control.Render(c.Context(), site, layout, state, version(), true)
	if err != nil {
		return err
	}
	s.report(diagnostics)
	files, err := selectFiles(output, flags.only)
	if err != nil {
		return err
	}
	if flags.only == "" || flags.only == "stunnel" {
		files = append(files, output.PEM...)
	}
	changed, err := render.Install(dir, files, nil)
	if err != nil {
		return err
	}
	if err := control.MakeDirectories(layout); err != nil {
		return fmt.Errorf("make the runtime directory: %w", err)
	}
	if !changed {
		fmt.Fprintf(s.err, "%s is up to date\n", flags.output)
		return nil
	}
	if len(files) == 1 {
		fmt.Fprintf(s.err, "wrote %s to %s\n", files[0].Name, flags.output)
		return nil
	}
	fmt.Fprintf(s.err, "wrote %d files to %s\n", len(files), flags.output)
	return nil
}

// selectFiles returns the configuration files that --only asks for.
func selectFiles(o *render.Output, only string) ([]render.File, error) {
	switch only {
	case "":
		return []render.File{o.Stunnel, o.VCL, o.Nginx, o.Arguments}, nil
	case "stunnel":
		return []render.File{o.Stunnel}, nil
	case "varnish":
		return []render.File{o.VCL, o.Arguments}, nil
	case "nginx":
		return []render.File{o.Nginx}, nil
	}
	return nil, usageError{fmt.Errorf("--only %q is no daemon: write stunnel, varnish or nginx", only)}
}
