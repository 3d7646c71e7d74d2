package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"edgegen/internal/api"
	"edgegen/internal/config"
)

func newReload(s streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "reload",
		Short: "Make the running edge serve its site as it is written now",
		Long: `reload makes the running edge read its site again, waits until every tier serves
it, and prints what was touched. A site that is refused changes nothing: the edge
goes on as before, and the problems are shown as validate shows them.`,
		Example: `  edgegen reload
  edgegen reload --json`,
		Args: noArguments,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, _ []string) error {
		outcome, err := client.Reload(ctx)
		if refused := (*config.Refused)(nil); errors.As(err, &refused) && !asJSON {
			s.report(refused.Diagnostics)
			fmt.Fprintln(s.err, "\nnot reloaded: the edge still serves the configuration from before")
			return errFailed
		}
		switch {
		case err != nil:
			return s.refusal(err, asJSON)
		case asJSON:
			return printJSON(s.out, outcome)
		}
		s.report(outcome.Warnings)
		_, err = io.WriteString(s.out, outcomeText(outcome, colored(s.out), columns(s.out)))
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print what was done, or the diagnostics of a site that is refused, as JSON")
	return c
}

// outcomeText tells people what a reload did: what it touched, and what is
// served now.
func outcomeText(outcome api.Outcome, color bool, width int) string {
	steps, changes := planTable(outcome.Plan, false)
	took := milliseconds(outcome.Duration)
	if changes == 0 {
		return fmt.Sprintf("nothing has changed: generation %d goes on (%s)\n", outcome.Generation, took)
	}
	var out strings.Builder
	steps.write(&out, color, width)
	fmt.Fprintf(&out, "\ngeneration %d is served, after %s; %s, %s ended\n", outcome.Generation, took,
		plural(changes, "change"), plural(outcome.Plan.WebSockets, "WebSocket"))
	return out.String()
}
