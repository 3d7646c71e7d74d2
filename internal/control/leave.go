package control

import (
	"context"
	"errors"
	"fmt"
	"os"

	"edgegen/internal/api"
)

// setAway has load balancers told to send nobody here, or to send clients again. Builtin
// tiers and the metrics listener look at a flag, and varnishd at a file. Clients that come
// all the same are served. A kept connection ends with the next answer on it, so that its
// client comes again by way of the load balancer; WebSockets stay.
func (e *Edge) setAway(ctx context.Context, away bool) error {
	err := os.Remove(e.layout.Away())
	if away {
		err = os.WriteFile(e.layout.Away(), nil, 0o644)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("tell the cache tier whether it is ready: %w", err)
	}
	if e.away.Swap(away) != away {
		e.options.Log.Info("what load balancers are told has changed", "ready", !away)
		e.dismiss(ctx, away)
	}
	return nil
}

// dismiss has daemons end kept connections, or keep them again. One that does not run
// has no connection.
func (e *Edge) dismiss(ctx context.Context, clients bool) {
	for _, s := range e.serversNow() {
		if d, ok := s.(dismisser); ok {
			if err := d.dismiss(ctx, clients); err != nil {
				e.options.Log.Debug("have clients come again on another connection", "error", err)
			}
		}
	}
}

// work counts the requests and WebSockets that are in work.
func (e *Edge) work() (api.Work, error) {
	activity, err := e.activity()
	return api.Work{Requests: activity.Requests, WebSockets: activity.WebSockets}, err
}
