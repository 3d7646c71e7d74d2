package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"edgegen/internal/api"
	"edgegen/internal/wait"
)

func newDrain(s streams) *cobra.Command {
	var undo bool
	var notice, timeout time.Duration
	c := &cobra.Command{
		Use:   "drain",
		Short: "Have load balancers send clients elsewhere, and wait until nobody is left",
		Long: `drain has the running edge say that it is not ready: /readyz of the metrics
listener and edge.health_path answer 503 from then on, and load balancers that
ask for one of them send clients elsewhere. It waits until that has been noticed,
and then until no request is in work and no WebSocket is open. The edge goes on
serving whoever comes all the same, and ends a kept connection with the next
answer on it, so that its client comes again by way of the load balancer. stop
ends the edge, drain --undo takes it back.`,
		Example: `  edgegen drain --notice 1s
  edgegen drain --undo`,
		Args: noArguments,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, _ []string) error {
		if undo {
			if _, err := client.Drain(ctx, true); err != nil {
				return err
			}
			fmt.Fprintln(s.err, "load balancers are told that the edge is ready")
			return nil
		}
		return s.drain(ctx, client, notice, timeout)
	})
	c.Flags().BoolVar(&undo, "undo", false, "say again that the edge is ready")
	c.Flags().DurationVar(&notice, "notice", 10*time.Second, "how long load balancers need to notice")
	c.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "how long to wait in all")
	return c
}

// drainLook is between two looks at what is left.
const drainLook = 250 * time.Millisecond

// drain waits for an edge to be left alone.
func (s streams) drain(ctx context.Context, client *api.Client, notice, timeout time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errStillAsked)
	defer cancel()
	begun := time.Now()
	for quiet := 0; ; {
		work, err := client.Drain(ctx, false)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if quiet++; work != (api.Work{}) {
			quiet = 0
		}
		if quiet > 1 && time.Since(begun) >= notice {
			fmt.Fprintln(s.err, "drained: nothing is in work")
			return nil
		}
		if !wait.For(ctx, drainLook) {
			if errors.Is(context.Cause(ctx), errStillAsked) {
				return fmt.Errorf("%s and %s go on after %s; the edge still says that it is not ready", plural(work.Requests, "request"), plural(work.WebSockets, "WebSocket"), timeout)
			}
			return context.Cause(ctx)
		}
	}
}

// errStillAsked ends the wait.
var errStillAsked = errors.New("the edge is still asked")
