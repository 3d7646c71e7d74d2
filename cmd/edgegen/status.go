package main

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"edgegen/internal/api"
)

func newStatus(s streams) *cobra.Command {
	var asJSON, again bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what the running edge is doing",
		Long: `status shows the tiers with the engine that serves each, the backends, the last
reload and how many WebSockets are open. If a tier is not healthy, or not served by
the engine that one would expect, the reason is below it.

--watch refreshes it every second until a signal; if the output is not a terminal,
it prints only changes. With --json each one is a JSON value.`,
		Example: `  edgegen status
  edgegen status --json`,
		Args: noArguments,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, _ []string) error {
		if again {
			ctx, done := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
			defer done()
			return s.watchStatus(ctx, client, time.Second, asJSON)
		}
		status, err := askStatus(ctx, client)
		if err != nil {
			return err
		}
		return s.showStatus(status, asJSON)
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON")
	c.Flags().BoolVarP(&again, "watch", "w", false, "repeat every second")
	return c
}

func askStatus(ctx context.Context, client *api.Client) (api.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return client.Status(ctx)
}

func (s streams) showStatus(status api.Status, asJSON bool) error {
	if asJSON {
		return printJSON(s.out, status)
	}
	_, err := io.WriteString(s.out, statusText(status, time.Now(), colored(s.out), columns(s.out)))
	return err
}

func newStop(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "stop",
		Short: "Drain and stop the running edge, and wait for its end",
		Long: `stop makes the running edge accept no new connections, wait for requests under way,
for timeouts.drain at most, and end. It returns when the edge has ended. WebSockets
that are still open are closed. SIGTERM to edgegen does the same.`,
		Example: `  edgegen stop`,
		Args:    noArguments,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, _ []string) error {
		if err := client.Stop(ctx); err != nil {
			return err
		}
		fmt.Fprintln(s.err, "stopped")
		return nil
	})
	return c
}
