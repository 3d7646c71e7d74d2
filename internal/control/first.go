package control

import (
	"context"
	"fmt"
	"strings"

	"edgegen/internal/accesslog"
	"edgegen/internal/config"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/endpoints"
	"edgegen/internal/generation"
	"edgegen/internal/metrics"
	"edgegen/internal/monitor"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/tiers"
)

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
		e.options.Log.Error("cannot keep the list of purges: a purge will be forgotten by a restart", "error", err)
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

// announceEngines tells which engine serves each tier, and why.
func (e *Edge) announceEngines(g *generation.Generation) {
	for _, role := range site.Tiers() {
		c := g.Engines[role]
		e.options.Log.Info(fmt.Sprintf("%s tier: %s (%s)", role, strings.TrimSpace(string(c.Engine)+" "+c.Daemon.Version), c.Reason))
	}
}
