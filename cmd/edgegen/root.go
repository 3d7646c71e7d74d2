package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"edgegen/internal/config"
	"edgegen/internal/queue"
	"edgegen/internal/statedir"
)

// The exit codes, as --help tells them.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2

	exitChanges = 2 // of plan, whose wrong usage is exitFailed
)

// streams are what a verb reads and writes: results go to out, what is for a
// person to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errFailed says that a verb has told already what went wrong.
var errFailed = errors.New("failed")

// usageError is a mistake in the command line.
type usageError struct{ error }

func run(ctx context.Context, arguments []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(arguments)
	verb, err := root.ExecuteContextC(ctx)
	usage := usageError{}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.Is(err, errChanges):
		return exitChanges
	case errors.As(err, &usage):
		fmt.Fprintf(s.err, "edgegen: %v\nSee %s --help.\n", err, verb.CommandPath())
		if verb.Name() == "plan" {
			return exitFailed
		}
		return exitUsage
	}
	s.tell(err)
	return exitFailed
}

// tell shows an error to a person.
func (s streams) tell(err error) {
	if refused := (*config.Refused)(nil); errors.As(err, &refused) {
		s.report(refused.Diagnostics)
		return
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(s.err, "edgegen: %s\n", strings.TrimSuffix(line, "\n"))
	}
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "edgegen",
		Short: "One file for stunnel, Varnish and nginx",
		Long: `edgegen turns one HCL file into the configuration of stunnel (TLS), Varnish
(cache, WebSockets) and nginx (files, redirects, proxying), and runs, supervises
and stops the three. Where a daemon is missing, edgegen serves in its place.

SITE is a file or a directory of *.hcl and *.hcl.json files; the default is
site.hcl. --var and --var-file give its variables values. status,
plan, reload and stop find the running edge by its state directory: run them as
the user who ran up, with the same --state-dir where that was given.`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownVerb,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newUp(s), newRender(s), newValidate(s), newFmt(s), newStatus(s), newPlan(s), newReload(s), newStop(s), newDoctor(s), newSchema(s), newVersion(s))
	completeHelp(root)
	return root
}

// siteArgument takes no argument or one.
func siteArgument(_ *cobra.Command, arguments []string) error {
	if len(arguments) > 1 {
		return usageError{fmt.Errorf("one SITE at a time, not %d: a directory may hold several files", len(arguments))}
	}
	return nil
}

// noArguments is cobra.NoArgs with an error that counts as wrong usage.
func noArguments(c *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return usageError{fmt.Errorf("%s takes no argument, and was given %q", c.Name(), arguments[0])}
	}
	return nil
}

// siteOf returns the SITE that a verb was given.
func siteOf(arguments []string) string {
	if len(arguments) == 0 {
		return "site.hcl"
	}
	return arguments[0]
}

// report shows diagnostics to a person.
func (s streams) report(diagnostics config.Diagnostics) {
	// Whoever closed stderr does not want to know.
	_ = diagnostics.WriteText(s.err, colored(s.err))
}

// colored reports whether a stream is a terminal whose user wants colour.
func colored(w io.Writer) bool {
	if queued, ok := w.(*queue.Writer); ok {
		w = queued.Target()
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// stateDirFlag adds --state-dir to a verb.
func stateDirFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "state-dir", "", "where the edge keeps its state (default /var/lib/edgegen for root, ~/.local/state/edgegen otherwise)")
}

// stateDir returns the directory that --state-dir names, or the default.
func stateDir(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	return statedir.Default()
}
