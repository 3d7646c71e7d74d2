package control

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/site"
	"edgegen/internal/tcptable"
	"edgegen/internal/wait"
)

const (
	// stopMargin is how long processes get to end, after requests in work have used up
	// timeouts.drain.
	stopMargin = 5 * time.Second
	// drainPause is between two looks at what is still in work.
	drainPause = 50 * time.Millisecond
	// tailTime is how long to wait for clients to take bytes that may just as well be a
	// WebSocket's.
	tailTime = time.Second
	// unknownTime is how long to wait for requests where it cannot be found out whether
	// there are any.
	unknownTime = 5 * time.Second
)

// drain waits until no request is in work and every answer has reached its
// client, no longer than timeouts.drain. WebSockets are not waited for: they
// may stay open for a day. Builtin tiers drain by themselves too; this is for
// the daemons in front of them.
func (e *Edge) drain(hurry context.Context) {
	ctx, cancel := context.WithTimeout(hurry, e.Serving().Loaded.Edge.Timeout.Drain)
	defer cancel()
	e.Away.Store(true)
	e.Dismiss(ctx, true)
	e.TakeNothing(ctx)
	// stunnel drops what it still holds when it ends, hence the look at what the
	// kernel holds for the clients. Between two pieces of an answer that may be
	// nothing for a moment, so it takes two looks.
	quiet, begun := 0, time.Now()
	for quiet < 2 {
		activity, unknown := e.Activity()
		mayWait := activity.WebSockets == 0 || time.Since(begun) < tailTime
		switch {
		case ctx.Err() != nil:
			e.options.Log.Warn("stopping before all requests have ended")
			return
		case activity.Requests > 0 || mayWait && e.unsent(), unknown != nil && time.Since(begun) < unknownTime:
			quiet = 0
		default:
			quiet++
		}
		wait.For(ctx, drainPause)
	}
}

// unsent reports whether the kernel holds bytes that a client of the TLS tier
// has not taken yet.
func (e *Edge) unsent() bool {
	listeners := e.Serving().Loaded.Edge.Public()
	return slices.ContainsFunc(tcptable.Sockets(tcptable.Established, tcptable.CloseWait), func(s tcptable.Socket) bool {
		return s.Unsent && slices.ContainsFunc(listeners, func(l site.Listener) bool { return belongsTo(s.Local, l.Address) })
	})
}

// belongsTo reports whether a connection with that local address was taken by
// the listener.
func belongsTo(local, listener netip.AddrPort) bool {
	return local.Port() == listener.Port() && local.Addr().Is4() == listener.Addr().Is4() &&
		(listener.Addr().IsUnspecified() || local.Addr() == listener.Addr())
}

// setAway has load balancers told to send nobody here, or to send clients again. Builtin
// tiers and the metrics listener look at a flag, and varnishd at a file. Clients that come
// all the same are served. A kept connection ends with the next answer on it, so that its
// client comes again by way of the load balancer; WebSockets stay.
func (e *Edge) setAway(ctx context.Context, away bool) error {
	err := os.Remove(e.Layout.Away())
	if away {
		err = os.WriteFile(e.Layout.Away(), nil, 0o644)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("tell the cache tier whether it is ready: %w", err)
	}
	if e.Away.Swap(away) != away {
		e.options.Log.Info("changed what load balancers are told", "ready", !away)
		e.Dismiss(ctx, away)
	}
	return nil
}

// work counts the requests and WebSockets that are in work.
func (e *Edge) work() (api.Work, error) {
	activity, err := e.Activity()
	return api.Work{Requests: activity.Requests, WebSockets: activity.WebSockets}, err
}
