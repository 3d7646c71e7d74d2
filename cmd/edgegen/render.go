package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/config"
	"edgegen/internal/engines"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

type renderFlags struct {
	output, only, stateDir, command, templates string
	watch, hcl                                 bool
	given                                      []config.Given
}

func newRender(s streams) *cobra.Command {
	var flags renderFlags
	c := &cobra.Command{
		Use:   "render [SITE]",
		Short: "Print or write the configuration of stunnel, Varnish and nginx",
		Long: `render prints stunnel.conf, default.vcl, nginx.conf and varnishd's arguments,
each under a header line. With -o it writes them into a directory, with the PEM
files that stunnel needs (readable by their owner alone), ready to be run by
hand or by systemd: the first lines of each file say how.

The same site always makes the same bytes. Sensitive values are in the written
files, but hidden in what is printed.

--print-hcl prints the site itself, with variables, expressions, for_each and
dynamic blocks replaced by their values.

With --watch it writes again whenever a file that the site is made of changes,
until SIGINT or SIGTERM. A site that is refused is reported and leaves the
directory as it is. --exec runs a command whenever files have changed, such as
one that reloads the daemons; EDGEGEN_DIR in its environment is the directory.
It runs once at a time, and again if the site changed meanwhile. Its output goes
to stderr.`,
		Example: `  edgegen render --only nginx
  edgegen render -o rendered`,
		Args: siteArgument, ValidArgsFunction: completeSite,
		RunE: func(c *cobra.Command, arguments []string) error {
			switch {
			case flags.hcl && (flags.output != "" || flags.only != "" || flags.watch || flags.command != "" || flags.templates != ""):
				return usageError{errors.New("--print-hcl prints the site itself: leave out render's other flags")}
			case flags.hcl:
				return s.printEvaluated(siteOf(arguments), flags.given)
			case flags.output != "":
				return writeRendered(c.Context(), s, siteOf(arguments), flags)
			case flags.watch:
				return usageError{errors.New("--watch writes files again when the site changes: name a directory for them with -o")}
			case flags.command != "":
				return usageError{errors.New("--exec runs a command after files were written: name a directory for them with -o")}
			}
			return printRendered(c, s, siteOf(arguments), flags)
		},
	}
	c.Flags().StringVarP(&flags.output, "output", "o", "", "write into this directory instead of printing")
	c.Flags().StringVar(&flags.only, "only", "", "one daemon's files: "+engines.Either(daemonNames()))
	completeFlag(c, "only", func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, name := range daemonNames() {
			names = append(names, string(name))
		}
		return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
	})
	c.Flags().BoolVar(&flags.watch, "watch", false, "write again whenever the site changes, until SIGINT or SIGTERM")
	c.Flags().BoolVar(&flags.hcl, "print-hcl", false, "print the site as it is evaluated, instead of what it is rendered to")
	c.Flags().StringVar(&flags.command, "exec", "", "a command for the shell, run after files changed")
	templatesFlag(c, &flags.templates)
	stateDirFlag(c, &flags.stateDir)
	givenFlags(c, &flags.given)
	return c
}

// printedLayout is what printed files refer to, since they stand nowhere.
func printedLayout() render.Layout {
	return render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}
}

func printRendered(c *cobra.Command, s streams, path string, flags renderFlags) error {
	if _, err := onlyEngine(flags.only); err != nil {
		return err
	}
	own, err := render.ReadTemplates(flags.templates)
	if err != nil {
		return err
	}
	output, diagnostics, err := generation.Render(c.Context(), path, generation.Rendering{Given: flags.given, Layout: printedLayout(), Version: version(), Templates: own})
	if err != nil {
		return err
	}
	s.report(diagnostics)
	files, err := selectFiles(output, flags.only)
	if err != nil {
		return err
	}
	for i, file := range files {
		file.Data = output.Shown(file)
		if err := printFile(s.out, file, i > 0); err != nil {
			return fmt.Errorf("print %s: %w", file.Name, err)
		}
	}
	return nil
}

// printEvaluated prints a site without its expressions.
func (s streams) printEvaluated(path string, given []config.Given) error {
	text, diagnostics := config.NewReader(path, given).Evaluate()
	s.report(diagnostics)
	if text == nil {
		return errFailed
	}
	_, err := s.out.Write(text)
	return err
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

// selectFiles returns the configuration files that --only asks for.
func selectFiles(o *render.Output, only string) ([]render.File, error) {
	if only == "" {
		return o.Configuration(), nil
	}
	engine, err := onlyEngine(only)
	if files := o.Of(engine).Files; err != nil || len(files) > 0 {
		return files, err
	}
	return nil, fmt.Errorf("--only %s: this daemon serves no tier of the site", only)
}

// onlyEngine reads --only.
func onlyEngine(only string) (site.Engine, error) {
	if only == "" || engines.IsDaemon(site.Engine(only)) {
		return site.Engine(only), nil
	}
	return "", usageError{fmt.Errorf("--only %q is not a daemon: write %s", only, engines.Either(daemonNames()))}
}

func daemonNames() (names []site.Engine) {
	for _, d := range engines.Daemons() {
		names = append(names, d.Name)
	}
	return names
}
