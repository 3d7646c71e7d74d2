// Package control decides when: it loads a site, stages everything that can
// fail, starts the tiers from the inside out, watches over them, answers on the
// control socket, and stops from the outside in.
package control

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/api"
	"edgegen/internal/apps"
	"edgegen/internal/config"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/endpoints"
	"edgegen/internal/generation"
	"edgegen/internal/metrics"
	"edgegen/internal/monitor"
	"edgegen/internal/render"
	"edgegen/internal/statedir"
	"edgegen/internal/systemd"
	"edgegen/internal/tiers"
)

// Edge is one running edge. It owns the public listeners and the processes.
type Edge struct {
	*tiers.House
	options  Options
	state    *state
	access   *accesslog.Log
	counter  counter
	counting atomic.Bool // whether the site has metrics
	traces   traces
	members  members
	renewals renewals // certificates that are to be served

	apps    *apps.Apps
	source  *source
	started time.Time
	phase   atomic.Value // a phase

	spare   []*generation.Listener // that a service manager passed and the site does not name now
	control *api.Server
	locked  []*os.File         // directories: see keepCleanersOff
	asked   context.Context    // ends when the edge is to stop
	hurry   context.Context    // ends when it is to stop at once
	die     context.CancelFunc // ends the life of the house
	monitor *monitor.Server
	keeping sync.Mutex // held while the last good generation is stored
	clients clientsTold

	mu      sync.Mutex // guards what follows
	last    *api.ReloadStatus
	reloads []api.ReloadStatus // the newest first
}

func newEdge(o Options, s *state, from *source) *Edge {
	if o.Notify == nil {
		o.Notify = &systemd.Notifier{}
	}
	e := &Edge{options: o, state: s, counter: newCounter(), source: from, started: time.Now()}
	e.phase.Store(starting)
	life, die := context.WithCancel(context.Background())
	e.die = die
	e.House = tiers.New(life, tiers.Options{Log: o.Log, Version: o.Version, NoTakeover: o.NoTakeover, StateDir: s.dir, Instance: s.instance}, e)
	e.apps = apps.New(e.House, o.AppStart)
	e.asked, e.hurry = context.Background(), context.Background()
	return e
}

// first makes the first generation: everything that can fail before anything is
// started. The edge is to be released also where there is an error.
func (e *Edge) first(ctx context.Context, loaded *config.Loaded, own *render.Templates, diagnostics config.Diagnostics) (err error) {
	found := &config.Findings{Loaded: loaded, All: diagnostics}
	if e.Who = statedir.FindUser(loaded.Edge, found); found.Refusal() != nil {
		return found.Refusal()
	}
	if e.Layout, err = statedir.MakeRuntime(e.state.dir, e.Who, e.state.instance.RemoveAtEnd); err != nil {
		return err
	}
	if err := e.setAway(ctx, false); err != nil { // an edge that was killed may have left the file
		return err
	}
	e.keepCleanersOff()
	e.Backends = endpoints.New(e.state.dir, e.options.Log)
	e.Gates = gate.New(e.options.Log.With("from", "builtin"))
	e.authorize()
	given := &generation.Pool{Open: generation.Passed(e.options.Listeners)}
	g, err := e.generate(ctx, loaded, e.options.Site, own, nil, given, found)
	if err != nil {
		generation.CloseListeners(given.Opened)
		return err
	}
	e.spare = given.Open
	e.warnSpare(nil)
	e.Serve(g, nil)
	e.announceEngines(g)
	if e.access, err = accesslog.Open(loaded.Edge.Log, e.options.Access, e.options.Log, e.options.secrets.hide); err != nil {
		return config.RefusedAt(loaded, loaded.Edge.Log.Source, err, `name a file in a directory that is there, "stdout" or "off"`)
	}
	if err := e.join(g); err != nil {
		return err
	}
	if err := e.watchTraffic(g); err != nil {
		return err
	}
	to, err := e.exporter(g)
	if err != nil {
		return err
	}
	e.traces.to.Store(to)
	if err := e.write(g); err != nil {
		return err
	}
	if err := e.enter(g); err != nil {
		return err
	}
	if err := tiers.TidyStorage(loaded.Edge.Storage); err != nil {
		return err
	}
	if len(found.All) > 0 {
		e.options.Warn(found.All)
	}
	return nil
}

// watchTraffic counts requests, and tells of that, where the first generation has
// metrics; a later one may as well.
func (e *Edge) watchTraffic(g *generation.Generation) error {
	if e.options.Collected != nil {
		e.options.Collected(metrics.Collector(e.counter.Meter, e.metricsState, e.options.secrets.hide))
	}
	e.monitor = monitor.NewServer(monitor.Source{
		Overview: e.overview, Ready: e.isReadyForClients,
		Metrics:  metrics.Registry(e.counter.Meter, e.metricsState, e.options.secrets.hide),
		HideJSON: e.options.secrets.hideJSON,
		Hosts:    e.monitorHosts,
	})
	change, err := e.monitor.Prepare(g.Public.Metrics)
	if err != nil {
		return err
	}
	e.counting.Store(g.Loaded.Edge.Metrics != nil)
	e.counter.Keep(waysOf(g.Loaded.Edge))
	change.Commit()
	e.Later.Go(func() { e.counter.history.Run(e.Life, e.counting.Load) })
	return nil
}

// release closes what the edge holds itself. Its processes have ended.
func (e *Edge) release() {
	e.die()
	if e.monitor != nil {
		e.monitor.Close()
	}
	e.Later.Wait()
	if to := e.traces.to.Swap(nil); to != nil {
		to.Close()
	}
	e.Backends.Close()
	if err := e.Others().Close(); err != nil {
		e.options.Log.Error("what was purged is not known after a restart", "error", err)
	}
	e.unauthorize()
	e.House.Close()
	if g := e.Serving(); g != nil {
		generation.CloseListeners(g.Public.All())
	}
	for _, file := range e.locked {
		_ = file.Close() // nothing was written
	}
	if e.access != nil {
		e.access.Close()
	}
}
