package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"edgegen/internal/control"
)

func newStatus(s streams) *cobra.Command {
	var asJSON bool
	var directory string
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what the running edge is doing",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := clientOf(directory)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), 10*time.Second)
			defer cancel()
			status, err := client.Status(ctx)
			if err != nil {
				return err
			}
			if !asJSON {
				return printStatus(s, status)
			}
			encoder := json.NewEncoder(s.out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(status)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON")
	stateDirFlag(c, &directory)
	return c
}

func clientOf(directory string) (*control.Client, error) {
	dir, err := stateDir(directory)
	if err != nil {
		return nil, err
	}
	return control.NewClient(dir)
}

func printStatus(s streams, status control.Status) error {
	fmt.Fprintf(s.out, "%s since %s, pid %d, %d WebSockets\n\n", status.State,
		time.Now().Add(-time.Duration(status.Uptime*float64(time.Second))).Format(time.DateTime), status.PID, status.Connections.WebSockets)
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TIER\tENGINE\tVERSION\tSTATE\tPID\tRESTARTS\tLISTENING")
	for _, t := range status.Tiers {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", t.Role, t.Engine, t.Version, t.State, t.PID, t.Restarts, strings.Join(t.Listen, " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(status.Backends) == 0 {
		return nil
	}
	fmt.Fprintln(s.out)
	fmt.Fprintln(table, "SITE\tBACKEND\tSTATE\tPID\tRESTARTS\tSERVERS")
	for _, b := range status.Backends {
		state, pid, restarts := "not run by edgegen", "-", "-"
		if b.Process != nil {
			state, pid, restarts = b.Process.State, fmt.Sprint(b.Process.PID), fmt.Sprint(b.Process.Restarts)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", b.Site, b.Name, state, pid, restarts, strings.Join(b.Servers, " "))
	}
	return table.Flush()
}

func newStop(s streams) *cobra.Command {
	var directory string
	c := &cobra.Command{
		Use:   "stop",
		Short: "Drain and stop the running edge, and wait until it has",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := clientOf(directory)
			if err != nil {
				return err
			}
			if err := client.Stop(c.Context()); err != nil {
				return err
			}
			fmt.Fprintln(s.err, "stopped")
			return nil
		},
	}
	stateDirFlag(c, &directory)
	return c
}
