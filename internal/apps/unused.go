package apps

import (
	"slices"
	"time"
)

// stopUnused ends an app that the site no longer names, or that another one has replaced.
// Unless it is to end at once, it runs on for at least timeouts.drain, and then until
// nothing goes to it any more: no WebSocket, no request from a builtin tier, and no
// worker of nginx from before the reload.
func (k *Apps) stopUnused(old *app, atOnce bool) {
	drained := time.Now().Add(k.house.Serving().Loaded.Edge.Timeout.Drain)
	r := old.running.Load()
	k.mu.Lock()
	k.unused = append(slices.Clone(k.unused), old)
	k.mu.Unlock()
	k.house.Later.Go(func() {
		for !atOnce && (time.Now().Before(drained) || k.needed(old)) {
			select {
			case <-time.After(unusedPause):
			case <-r.Done():
				k.forget(old)
				return
			case <-k.house.Life.Done():
				return // the stop ends it with the other apps
			}
		}
		r.Leave()
		select {
		case <-r.Done():
			k.forget(old)
		case <-k.house.Life.Done(): // the stop has as much patience with it as with the others
		}
	})
}

// needed reports whether anything still goes to an app. Where that cannot be found out,
// it says yes.
func (k *Apps) needed(unused *app) bool {
	open, err := k.house.WebSocketsTo(unused.addresses())
	return err != nil || open > 0 || k.house.OldWorkers() > 0 || k.house.OpenTo(unused.addresses()) > 0
}

func (k *Apps) forget(unused *app) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.unused = slices.DeleteFunc(slices.Clone(k.unused), func(a *app) bool { return a == unused })
}

// Unused counts the apps that still run although the site names them no longer.
func (k *Apps) Unused() int { return len(k.unusedApps()) }

func (k *Apps) unusedApps() []*app {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.unused
}

func (k *Apps) appsNow() []*app {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.apps
}

// unusedPause is between two looks whether an app is needed.
const unusedPause = time.Second
