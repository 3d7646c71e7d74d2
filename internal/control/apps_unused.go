package control

import (
	"slices"
	"time"

	"edgegen/internal/dataplane"
)

// stopUnused ends an app that the site no longer names, or that another one has replaced.
// Unless it is to end at once, it runs on for at least timeouts.drain, and then until
// nothing goes to it any more: no WebSocket, no request from a builtin tier, and no
// worker of nginx from before the reload.
func (e *Edge) stopUnused(old *app, atOnce bool) {
	drained := time.Now().Add(e.serving().Loaded.Edge.Timeout.Drain)
	r := old.running.Load()
	e.mu.Lock()
	e.unused = append(slices.Clone(e.unused), old)
	e.mu.Unlock()
	e.later.Go(func() {
		for !atOnce && (time.Now().Before(drained) || e.needed(old)) {
			select {
			case <-time.After(leavingPause):
			case <-r.Done():
				e.forget(old)
				return
			case <-e.life.Done():
				return // the stop ends it with the other apps
			}
		}
		r.Leave()
		select {
		case <-r.Done():
			e.forget(old)
		case <-e.life.Done(): // the stop has as much patience with it as with the others
		}
	})
}

// needed reports whether anything still goes to an app. Where that cannot be found out,
// it says yes.
func (e *Edge) needed(unused *app) bool {
	open, err := e.webSocketsTo(unused.addresses())
	return err != nil || open > 0 || e.oldWorkers() > 0 || e.inWork(unused.addresses())
}

// inWork reports whether a builtin tier has anything in work that goes to one of
// the addresses.
func (e *Edge) inWork(addresses []string) bool {
	return slices.ContainsFunc(e.planes(), func(p *dataplane.Plane) bool { return countOf(p.OpenTo(), addresses) > 0 })
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
