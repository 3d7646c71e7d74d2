// Package apps starts the apps that a site names commands for, exchanges them on a reload, and
// ends them when nothing goes to them any more.
package apps

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
	"edgegen/internal/tiers"
)

// app is a command of a backend, and its process once it runs.
type app struct {
	site    *site.Site
	backend *site.Backend
	running atomic.Pointer[supervise.Kept] // nil until it is started
}

// same reports whether two descriptions call for one and the same process.
func (a *app) same(b *app) bool {
	return slices.Equal(a.backend.Command, b.backend.Command) &&
		slices.Equal(a.backend.Env, b.backend.Env) && a.backend.Dir == b.backend.Dir
}

// is reports whether two descriptions have the same site and the same name.
func (a *app) is(b *app) bool {
	return a.site.Host == b.site.Host && a.backend.Name == b.backend.Name
}

// shares reports whether both want the same address, which only one process can have.
func (a *app) shares(b *app) bool {
	there := b.addresses()
	return slices.ContainsFunc(a.addresses(), func(address string) bool { return slices.Contains(there, address) })
}

// addresses are those of the app's servers: "host:port", or the path of a Unix
// socket. "localhost" has several names; none comes twice.
func (a *app) addresses() []string {
	var all []string
	for _, server := range a.backend.Servers {
		_, address := server.Address()
		for _, name := range append([]string{address}, server.Addresses()...) {
			if !slices.Contains(all, name) { // it is counted by
				all = append(all, name)
			}
		}
	}
	return all
}

// appsOf lists what the site names a command for.
func appsOf(g *generation.Generation) []*app {
	var apps []*app
	for i := range g.Loaded.Edge.Sites {
		s := &g.Loaded.Edge.Sites[i]
		for j := range s.Backends {
			if s.Backends[j].Command != nil {
				apps = append(apps, &app{site: s, backend: &s.Backends[j]})
			}
		}
	}
	return apps
}

// Apps are those of an edge. New makes one. Their methods are called one at a time, by whoever
// has the turn, but for Process and Unused.
type Apps struct {
	house *tiers.House
	start time.Duration // how long an app may take until it answers

	// asked ends when the edge is to stop, and hurry when it is to stop at once.
	asked, hurry context.Context

	mu     sync.Mutex // guards what follows; the values are not changed, but replaced
	apps   []*app
	unused []*app // whose place others have taken, and which still have work
}

// New returns one without apps. Each app may take some time until it answers; 0 is two
// minutes.
func New(house *tiers.House, start time.Duration) *Apps {
	return &Apps{house: house, start: cmp.Or(start, appStartTime), asked: context.Background(), hurry: context.Background()}
}

// Until names the contexts that end when the edge is to stop, and when it is to stop at
// once. It is called before Start.
func (k *Apps) Until(asked, hurry context.Context) { k.asked, k.hurry = asked, hurry }

// Start starts all apps of a generation.
func (k *Apps) Start(ctx context.Context, g *generation.Generation) error {
	apps := appsOf(g)
	k.become(apps)
	var starts []appStart
	for _, a := range apps {
		starts = append(starts, appStart{app: a})
	}
	return k.startApps(ctx, g, starts)
}

func (k *Apps) become(apps []*app) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.apps = apps
}

// Stop ends all apps, politely until hurry ends.
func (k *Apps) Stop(hurry context.Context) {
	stopApps(hurry, slices.Concat(k.appsNow(), k.unusedApps()))
}

// Process tells about the process of an app; nil where there is none.
func (k *Apps) Process(site, backend string) *api.ProcessStatus {
	for _, a := range k.appsNow() {
		if r := a.running.Load(); r != nil && a.site.Host == site && a.backend.Name == backend {
			now := r.Status()
			return &api.ProcessStatus{PID: now.PID, State: string(now.State), Restarts: now.Restarts}
		}
	}
	return nil
}
