package control

import (
	"context"
	"errors"
	"fmt"
	"os"

	"edgegen/internal/api"
)

// setAway has load balancers be told to send nobody here, or to send clients again:
// builtin tiers and the metrics listener look at a flag, varnishd at a file. What is
// open goes on, and so does whoever comes all the same.
func (e *Edge) setAway(away bool) error {
	err := os.Remove(e.layout.Away())
	if away {
		err = os.WriteFile(e.layout.Away(), nil, 0o644)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("tell the cache tier whether it is ready: %w", err)
	}
	if e.away.Swap(away) != away {
		e.options.Log.Info("what load balancers are told has changed", "ready", !away)
	}
	return nil
}

// work counts what goes on.
func (e *Edge) work(ctx context.Context) (api.Work, error) {
	activity, err := e.activity(ctx)
	return api.Work{Requests: activity.Requests, WebSockets: activity.WebSockets}, err
}
