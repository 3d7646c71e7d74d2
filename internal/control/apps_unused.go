package control

import (
	"slices"
	"time"
)

// stopUnused ends an app that the site no longer names, or that another one has replaced.
// Unless it is to end at once, it runs on for at least timeouts.drain, and then until
// nothing goes to it any more: no WebSocket, no request from a builtin tier, and no
// worker of nginx from before the reload.
func (e *Edge) stopUnused(old *app, atOnce bool) {
	drained := time.Now().Add(e.Serving().Loaded.Edge.Timeout.Drain)
	r := old.running.Load()
	e.mu.Lock()
	e.unused = append(slices.Clone(e.unused), old)
	e.mu.Unlock()
	e.Later.Go(func() {
		for !atOnce && (time.Now().Before(drained) || e.needed(old)) {
			select {
			case <-time.After(unusedPause):
			case <-r.Done():
				e.forget(old)
				return
			case <-e.Life.Done():
				return // the stop ends it with the other apps
			}
		}
		r.Leave()
		select {
		case <-r.Done():
			e.forget(old)
		case <-e.Life.Done(): // the stop has as much patience with it as with the others
		}
	})
}

// needed reports whether anything still goes to an app. Where that cannot be found out,
// it says yes.
func (e *Edge) needed(unused *app) bool {
	open, err := e.WebSocketsTo(unused.addresses())
	return err != nil || open > 0 || e.OldWorkers() > 0 || e.OpenTo(unused.addresses()) > 0
}

func (e *Edge) forget(unused *app) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unused = slices.DeleteFunc(slices.Clone(e.unused), func(a *app) bool { return a == unused })
}

func (e *Edge) unusedApps() []*app {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.unused
}

func (e *Edge) appsNow() []*app {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.apps
}

// unusedPause is between two looks whether an app is needed.
const unusedPause = time.Second
