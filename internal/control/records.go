package control

import (
	"os"
	"strings"

	"edgegen/internal/accesslog"
	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/tracing"
)

// told tells the collector of a request; cache is the engine that served its cache tier.
func (e *Edge) told(r *accesslog.Record, cache site.Engine) {
	to := e.traces.to.Load()
	if to == nil || !tracing.Sampled(r) {
		return
	}
	g := e.Serving()
	request := tracing.Request{Record: r.Clone()}
	for _, role := range site.Tiers() {
		engine := g.Engines[role].Engine
		switch {
		case engine == site.Off:
			continue
		case role == site.CacheTier:
			engine = cache
		case e.StandsIn(role):
			engine = site.Builtin
		}
		request.Tiers = append(request.Tiers, tracing.Tier{Name: role, Engine: string(engine)})
	}
	to.Tell(request)
}

// exporter makes the exporter to a generation's collector; nil where the site names none.
func (e *Edge) exporter(g *generation.Generation) (*tracing.Exporter, error) {
	trace := g.Loaded.Edge.Trace
	if trace == nil {
		return nil, nil
	}
	host, _ := os.Hostname() // "" is left out
	return tracing.New(tracing.Options{Trace: *trace, Version: e.options.Version, Host: host, Totals: &e.traces.totals,
		Log: e.options.Log.With("from", "traces"), Hide: e.options.secrets.hide})
}

// tracesChange is another collector. A nil one changes nothing.
type tracesChange struct {
	edge *Edge
	next *tracing.Exporter // nil for none
}

// prepareTraces makes the change to the next generation's collector; nil where that is
// the same one.
func (e *Edge) prepareTraces(was, next *generation.Generation) (*tracesChange, error) {
	if was.Loaded.Edge.Trace.Meaning() == next.Loaded.Edge.Trace.Meaning() {
		return nil, nil
	}
	to, err := e.exporter(next)
	return &tracesChange{e, to}, err
}

func (c *tracesChange) commit() {
	if c == nil {
		return
	}
	if was := c.edge.traces.to.Swap(c.next); was != nil {
		c.edge.Later.Go(was.Close) // which tells what has not been heard yet
	}
}

func (c *tracesChange) abandon() {
	if c != nil && c.next != nil {
		c.next.Close() // it has nothing to tell
	}
}

// tracesStatus tells how the collector is told; nil where there is none.
func (e *Edge) tracesStatus(g *generation.Generation) *api.TracesStatus {
	to := e.traces.to.Load()
	trace := g.Loaded.Edge.Trace
	if to == nil || trace == nil {
		return nil
	}
	t := &e.traces.totals
	return &api.TracesStatus{Collector: trace.Collector, Sample: trace.Sample, Sent: t.Sent.Load(), Dropped: t.Dropped.Load(), Failed: t.Failed.Load(), Problem: to.Problem()}
}

// Recorded takes the record of a request, by the engine of the cache tier. It keeps
// nothing of it.
func (e *Edge) Recorded(cache site.Engine, r *accesslog.Record) {
	e.told(r, cache)
	if cache != site.Builtin {
		e.forgotten(r)
	}
	if e.counting.Load() {
		e.counter.Count(r)
	}
	e.access.Record(r)
}

// Untold hears why varnishd's log does not tell of requests.
func (e *Edge) Untold(reason error) {
	e.counter.Untold.Add(1)
	e.options.Log.Warn("requests are missing from the access log, the metrics and the traces", "error", reason)
}

// TookOver counts that the builtin tier serves in the place of a daemon.
func (e *Edge) TookOver(roles []string) {
	for _, role := range roles {
		e.counter.Takeovers.Add(role)
	}
	e.HandedBack()
}

// HandedBack tells the service manager who serves.
func (e *Edge) HandedBack() { e.options.Notify.Status(e.Summary()) }

// waysOf are all ways on which requests can be led.
func waysOf(edge *site.Edge) map[accesslog.Way]bool {
	all := make(map[accesslog.Way]bool)
	for _, s := range edge.Sites {
		all[accesslog.Way{Site: s.Host}] = true
		for i := range s.Routes {
			r := &s.Routes[i]
			all[accesslog.Way{Site: s.Host, Route: r.Label(), Backend: r.Backend}] = true
		}
	}
	return all
}

// monitorHosts are the names by which the metrics listener is asked.
func (e *Edge) monitorHosts() []string {
	var hosts []string
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, strings.ToLower(name))
	}
	if m := e.Serving().Loaded.Edge.Metrics; m != nil {
		hosts = append(hosts, m.Hosts...)
	}
	return hosts
}
