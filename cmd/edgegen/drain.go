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
		Short: "Make load balancers send clients elsewhere, and wait until none is left",
		Long: `drain makes the running edge say that it is not ready: from then on /readyz of the
metrics listener, and edge.health_path, answer 503, and load balancers that ask for
one of them send clients elsewhere. It gives them time to notice (--notice), and
then waits until no request is under way and no WebSocket is open. The edge still
serves clients that come, but closes each kept connection after its next answer, so
that the client connects again through the load balancer. After that, stop the edge,
or end the draining with drain --undo.`,
		Example: `  edgegen drain --notice 1s
  edgegen drain --undo`,
		Args: noArguments,
	}
	asksEdge(c, func(ctx context.Context, client *api.Client, _ []string) error {
		if undo {
			if _, err := client.Drain(ctx, true); err != nil {
				return err
			}
			fmt.Fprintln(s.err, "the edge says again that it is ready")
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
			fmt.Fprintln(s.err, "drained: no request is under way, and no WebSocket is open")
			return nil
		}
		if !wait.For(ctx, drainLook) {
			if errors.Is(context.Cause(ctx), errStillAsked) {
				return fmt.Errorf("not drained: %s and %s are still open after %s; the edge goes on saying that it is not ready (drain --undo ends that)", plural(work.Requests, "request"), plural(work.WebSockets, "WebSocket"), timeout)
			}
			return context.Cause(ctx)
		}
	}
}

// errStillAsked ends the wait.
var errStillAsked = errors.New("the edge is still asked")
