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
	err := os.Remove(e.Layout.Away())
	if away {
		err = os.WriteFile(e.Layout.Away(), nil, 0o644)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("tell the cache tier whether it is ready: %w", err)
	}
	if e.Away.Swap(away) != away {
		e.options.Log.Info("what load balancers are told has changed", "ready", !away)
		e.Dismiss(ctx, away)
	}
	return nil
}

// work counts the requests and WebSockets that are in work.
func (e *Edge) work() (api.Work, error) {
	activity, err := e.Activity()
	return api.Work{Requests: activity.Requests, WebSockets: activity.WebSockets}, err
}
