// Package apps starts the apps that a site names commands for, exchanges them on a reload, and
// ends them when nothing goes to them any more.
package apps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"edgegen/internal/api"
	"edgegen/internal/config"
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

// startApps starts the apps side by side and waits until every server of theirs
// takes connections.
func (k *Apps) startApps(ctx context.Context, g *generation.Generation, starts []appStart) error {
	all, others := errgroup.WithContext(ctx) // where one fails, the others need not be waited for
	for _, start := range starts {
		all.Go(func() error {
			err := k.startApp(others, g, start)
			if err != nil && ctx.Err() != nil {
				err = context.Cause(ctx) // which is not the app's fault
			}
			return err
		})
	}
	return all.Wait()
}

// appStart is the start of an app.
type appStart struct {
	*app
	inTheWay []*app // have an address of its, and are to end first
}

func (k *Apps) startApp(ctx context.Context, g *generation.Generation, start appStart) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stopApps(k.hurry, start.inTheWay)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if answering(ctx, start.backend.Servers) == nil {
		return taken(g, start.app) // and nobody could tell when this one is ready
	}
	r, err := k.house.Launch(k.appProcess(g, start.app))
	if err != nil {
		return err
	}
	start.running.Store(r)
	if err := r.WaitReady(ctx); err != nil {
		return appFailed(g, start.app, err)
	}
	return nil
}

func stopApps(hurry context.Context, apps []*app) {
	var waiting sync.WaitGroup
	for _, a := range apps {
		waiting.Go(func() { a.running.Load().Stop(hurry) })
	}
	waiting.Wait()
}

// appStartTime is how long an app may take until it answers, if nothing else is said. It may
// have to be compiled first.
const appStartTime = 2 * time.Minute

func (k *Apps) appProcess(g *generation.Generation, a *app) supervise.Process {
	name := a.name(g)
	environment := os.Environ()
	for _, variable := range a.backend.Env {
		environment = append(environment, variable.Name+"="+variable.Value)
	}
	servers := a.backend.Servers
	return supervise.Process{
		Name:         name,
		Path:         a.backend.Command[0],
		Args:         a.backend.Command[1:],
		Dir:          a.backend.Dir,
		Env:          environment,
		Credential:   k.house.Who.Apps,
		StopTimeout:  g.Loaded.Edge.Timeout.Drain,
		StartTimeout: k.start,
		Ready:        func(ctx context.Context) error { return answering(ctx, servers) },
		Stdout:       func(line []byte) { k.house.Message(name, line) },
		Stderr:       func(line []byte) { k.house.Message(name, line) },
	}
}

// name names an app in the log: its backend, with its site where there are
// several.
func (a *app) name(g *generation.Generation) string {
	if len(g.Loaded.Edge.Sites) == 1 {
		return a.backend.Name
	}
	return a.site.Host + "/" + a.backend.Name
}

func appFailed(g *generation.Generation, a *app, err error) error {
	return &config.Refused{Diagnostics: config.Diagnostics{g.Loaded.Diagnose(a.backend.Source, config.Error,
		fmt.Sprintf("the app %s does not come up: %v", a.name(g), err),
		"run the command by hand in its dir, and see that it listens where `servers` says")}}
}

// taken says that somebody else listens where an app is to listen.
func taken(g *generation.Generation, a *app) error {
	return &config.Refused{Diagnostics: config.Diagnostics{g.Loaded.Diagnose(a.backend.Source, config.Error,
		fmt.Sprintf("the app %s cannot be started: somebody listens already where it is to", a.name(g)),
		"end whoever listens at its `servers`, give it other ones, or leave `command` out")}}
}

// answering returns nil when every server takes a connection.
func answering(ctx context.Context, servers []site.Server) error {
	for _, server := range servers {
		network, address := server.Address()
		addresses := server.Addresses()
		if network == "unix" {
			addresses = []string{address}
		}
		var problems []error
		for _, address := range addresses {
			connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
			problems = append(problems, err)
			if err == nil {
				_ = connection.Close()
				break
			}
		}
		if err := problems[len(problems)-1]; err != nil {
			return errors.Join(problems...)
		}
	}
	return nil
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
