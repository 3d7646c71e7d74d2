package control

import (
	"errors"
	"fmt"
	"os"

	"edgegen/internal/api"
)

// setAway has load balancers told to send nobody here, or to send clients again. Builtin
// tiers and the metrics listener look at a flag, and varnishd at a file. Open connections
// go on, and clients that come all the same are served.
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

// work counts the requests and WebSockets that are in work.
func (e *Edge) work() (api.Work, error) {
	activity, err := e.activity()
	return api.Work{Requests: activity.Requests, WebSockets: activity.WebSockets}, err
}
