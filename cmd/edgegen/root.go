package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes, as --help tells them.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2

	exitChanges = 2 // of plan, whose wrong usage is exitFailed
)

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

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "edgegen",
		Short: "One file for stunnel, Varnish and nginx",
		Long: `edgegen turns one HCL file into the configuration of stunnel (TLS), Varnish
(cache, WebSockets) and nginx (files, redirects, proxying), and runs, supervises
and stops the three. If a daemon is missing, edgegen itself serves in its place.

SITE is a file or a directory of *.hcl and *.hcl.json files; the default is
site.hcl. --var and --var-file set its variables. status, plan, reload, purge
and stop find the running edge by its state directory: run them as the user who
ran up, with the same --state-dir, if any.`,
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
	root.AddCommand(
		newInit(s), newImport(s), newUp(s), newRender(s), newValidate(s), newFmt(s),
		newStatus(s), newTop(s), newDrain(s), newPlan(s), newReload(s), newPurge(s), newStop(s),
		newDoctor(s), newExplain(s), newGraph(s), newTest(s), newExport(s), newGateway(s),
		newSchema(s), newTemplates(s), newLSP(s), newTrust(s), newMan(s), newVersion(s),
	)
	completeHelp(root)
	return root
}
