package control

import (
	"os"

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
