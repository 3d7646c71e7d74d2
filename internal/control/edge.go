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
	"edgegen/internal/cluster"
	"edgegen/internal/generation"
	"edgegen/internal/metrics"
	"edgegen/internal/monitor"
	"edgegen/internal/site"
	"edgegen/internal/systemd"
	"edgegen/internal/tiers"
	"edgegen/internal/tracing"
)

// phase is what the edge as a whole is doing.
type phase string

const (
	starting phase = "starting"
	ready    phase = "ready"
	degraded phase = "degraded"
	stopping phase = "stopping"
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

// counter counts what the edge does. It counts from the start of the edge on, so that no
// count goes back when one reload takes the metrics away and another brings them back.
// Requests are counted only while the site has metrics.
type counter struct {
	*metrics.Meter
	history *metrics.History
}

func newCounter() counter {
	m := metrics.NewMeter()
	return counter{m, metrics.NewHistory(m)}
}

// traces tells a collector of requests, where the site names one. The zero value tells
// nobody. It may be used from any goroutine, but for changes.
type traces struct {
	to     atomic.Pointer[tracing.Exporter] // nil where there is no collector
	totals tracing.Totals
}

// members are the edges that answer together with this one.
type members struct {
	mu sync.Mutex // guards what follows
	// cluster is nil until a generation has one, and stays from then on.
	cluster *cluster.Cluster
	early   []site.Purge // that others told before this edge was ready
}
