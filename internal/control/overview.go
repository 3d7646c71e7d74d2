package control

import (
	"slices"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/metrics"
)

// mostReloads is how many reloads are remembered.
const mostReloads = 10

// overview tells people how the edge is doing.
func (e *Edge) overview() api.Overview {
	o := api.Overview{Status: e.status(), Ready: e.isReadyForClients()}
	o.Certificates = e.allCertificates(e.Serving())
	e.mu.Lock()
	o.Reloads = slices.Clone(e.reloads)
	e.mu.Unlock()
	now := time.Now()
	if e.counting.Load() {
		o.Traffic = e.counter.history.Traffic(now)
	}
	o.Problems = o.FindProblems(now)
	return o
}

// metricsState tells Prometheus how the edge is doing.
func (e *Edge) metricsState() metrics.State {
	return metrics.State{Status: e.status(), Certificates: e.allCertificates(e.Serving()), Ready: e.isReadyForClients(), Started: e.started}
}

// isReadyForClients reports whether load balancers are to send clients here: every
// tier is served, and nobody has said that the edge is to be left alone.
func (e *Edge) isReadyForClients() bool {
	return e.phase.Load() == ready && !e.Away.Load()
}

// remember keeps a reload for the overview, the newest first, and counts it.
func (e *Edge) remember(last *api.ReloadStatus, result string) {
	e.counter.Reloads.Add(result)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = last
	e.reloads = slices.Insert(e.reloads, 0, *last)
	e.reloads = e.reloads[:min(len(e.reloads), mostReloads)]
}
