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
	"edgegen/internal/tones"
)

// planExitCodes stands in the place of exitCodes in plan's help.
const planExitCodes = "\n\nExit codes: 0 nothing would change, 1 failed, refused or wrong usage, 2 changes."

// errChanges says that a plan holds changes.
var errChanges = errors.New("there are changes")

func newPlan(s streams) *cobra.Command {
	var asJSON bool
	var of api.Planned
	c := &cobra.Command{
		Use:   "plan [SITE]",
		Short: "Show what a reload of the running edge would do",
		Long: `plan asks the running edge what a reload would do. The edge reads the site, and says
for each tier and each app whether it would be left alone, reloaded, restarted,
started or stopped, why, and how many WebSockets would end. Nothing is changed.

Without a SITE the edge reads the site that it was started with, and without
--templates the templates that it was started with.` + planExitCodes,
		Example: `  edgegen plan
  edgegen plan --json`,
		Args: siteArgument, ValidArgsFunction: completeSite,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, arguments []string) error {
		if len(arguments) > 0 {
			of.Site = arguments[0]
		}
		plan, err := client.Plan(ctx, of)
		if err != nil {
			return s.refusal(err, asJSON)
		}
		if asJSON {
			err = printJSON(s.out, plan)
		} else {
			_, err = io.WriteString(s.out, planText(plan, colored(s.out), columns(s.out)))
		}
		if err == nil && plan.Changes() {
			return errChanges
		}
		return err
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print the plan, or the diagnostics of a site that is refused, as JSON")
	templatesFlag(c, &of.Templates)
	givenFlags(c, &of.Given)
	return c
}

// refusal prints the diagnostics of a site that the edge refused as JSON, where
// that is asked for. Any other error is returned as it is.
func (s streams) refusal(err error, asJSON bool) error {
	refused := (*config.Refused)(nil)
	if !asJSON || !errors.As(err, &refused) {
		return err
	}
	text, err := refused.Diagnostics.JSON()
	if err != nil {
		return err
	}
	if _, err := s.out.Write(text); err != nil {
		return err
	}
	return errFailed
}

// planText is a plan for people. A width of 0 breaks no lines.
func planText(plan api.Plan, color bool, width int) string {
	var out strings.Builder
	steps, changes := planTable(plan, true)
	steps.write(&out, color, width)
	fmt.Fprintf(&out, "\n%s, %s would end\n", plural(changes, "change"), plural(plan.WebSockets, "WebSocket"))
	return out.String()
}

// planTable has a row for each tier and app, where unchanged is asked for those
// too that nothing is done to. changes counts the others.
func planTable(plan api.Plan, unchanged bool) (steps *table, changes int) {
	steps = newTable("WHAT", "ENGINE", "ACTION", "WHY")
	add := func(what, engine string, action api.Action, why []string, sockets int) {
		if sockets > 0 {
			why = append(why[:len(why):len(why)], "ends "+plural(sockets, "WebSocket"))
		}
		if action != api.Nothing {
			changes++
		} else if !unchanged {
			return
		}
		steps.add("", cell{text: what}, cell{text: engine}, cell{string(action), actionTone(action)}, cell{text: strings.Join(why, "; ")})
	}
	for _, t := range plan.Tiers {
		add(t.Role, t.Engine, t.Action, t.Why, t.WebSockets)
	}
	for _, b := range plan.Backends {
		add(b.Site+" "+b.Name, "app", b.Action, b.Why, b.WebSockets)
	}
	return steps, changes
}

func actionTone(action api.Action) string {
	switch action {
	case api.Nothing:
		return tones.Dim
	case api.Reload, api.Start:
		return tones.Green
	}
	return tones.Warning
}
