// Package metrics counts requests, whichever engine answered them, and writes what
// was counted, and how the edge is doing, as Prometheus reads it.
package metrics

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/accesslog"
)

// Meter counts requests by where they were led and how they were answered. It may
// be used from any goroutine. A count never goes back while what it is of is there:
// what a reload removes is forgotten (Keep).
type Meter struct {
	ways  atomic.Pointer[map[accesslog.Way]*way] // replaced as a whole
	grows sync.Mutex                             // held while it is
	there map[accesslog.Way]bool                 // guarded by grows; nil for all

	Reloads   Outcomes
	Takeovers Outcomes      // by tier
	Untold    atomic.Uint64 // how often requests went by that nobody has told of
}

// NewMeter returns one that has counted nothing.
func NewMeter() *Meter {
	m := &Meter{}
	m.ways.Store(&map[accesslog.Way]*way{})
	return m
}

// way is what was counted of requests that were led the same way.
type way struct {
	requests [2]answers    // the second are those for which a server of the backend was asked
	sent     atomic.Uint64 // bytes of bodies
	received atomic.Uint64 // bytes from WebSockets
	answered histogram     // durations, WebSockets aside
	upstream histogram     // until the head of the app's answer
}

// answers are requests by who answered them, and how.
type answers [len(tiers)][classes][len(verdicts)]atomic.Uint64

// Count counts a request that has ended. It keeps nothing of the record.
func (m *Meter) Count(r *accesslog.Record) {
	w := m.way(r.Way)
	asked := 0
	if r.Backend != "" {
		asked = 1
	}
	w.requests[asked][place(tiers[:], r.Tier)][classOf(r.Status)][place(verdicts[:], r.Cache)].Add(1)
	w.sent.Add(uint64(max(0, r.Bytes)))
	if r.Status == switching {
		w.received.Add(uint64(max(0, r.Received)))
		return
	}
	w.answered.observe(r.Duration)
	if r.Upstream > 0 {
		w.upstream.observe(r.Upstream)
	}
}

func (m *Meter) way(of accesslog.Way) *way {
	if w := (*m.ways.Load())[of]; w != nil {
		return w
	}
	m.grows.Lock()
	defer m.grows.Unlock()
	known := *m.ways.Load()
	if w := known[of]; w != nil {
		return w
	}
	grown := maps.Clone(known)
	w := &way{}
	grown[accesslog.Way{Site: strings.Clone(of.Site), Route: strings.Clone(of.Route), Backend: strings.Clone(of.Backend)}] = w
	m.ways.Store(&grown)
	return w
}

// Keep forgets what was counted of requests that were led to sites and routes which are
// not there any more, and has tidy do so again. What belongs to no site is kept.
func (m *Meter) Keep(there map[accesslog.Way]bool) {
	m.grows.Lock()
	m.there = there
	m.grows.Unlock()
	m.tidy()
}

// tidy forgets what is not there: a request that was in work when its route was removed
// is counted when it ends.
func (m *Meter) tidy() {
	m.grows.Lock()
	defer m.grows.Unlock()
	gone := func(of accesslog.Way, _ *way) bool { return m.there != nil && of.Site != "" && !m.there[of] }
	for of := range *m.ways.Load() {
		if gone(of, nil) {
			left := maps.Clone(*m.ways.Load())
			maps.DeleteFunc(left, gone)
			m.ways.Store(&left)
			return
		}
	}
}

// switching is the status of a WebSocket.
const switching = 101

// classes are those of a status: its first digit, and 0 for what is none.
const classes = 6

func classOf(status int) int {
	if status < 100 || status > 599 {
		return 0
	}
	return status / 100
}

var (
	tiers    = [...]string{"cache", "web", "backend", "tls"}
	verdicts = [...]string{"PASS", hit: "HIT", "MISS", stale: "STALE"}
)

// hit and stale are what is answered from the cache.
const hit, stale = 1, 3

// place is the index of a word among others, or else of the first one: a request without
// a tier is counted as the cache tier's own answer, and one that was never looked up as
// PASS.
func place(words []string, word string) int { return max(0, slices.Index(words, word)) }

// Outcomes counts events by what became of them. The zero value has counted
// nothing.
type Outcomes struct {
	mu     sync.Mutex
	counts map[string]uint64
}

// Add counts one.
func (o *Outcomes) Add(outcome string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.counts == nil {
		o.counts = make(map[string]uint64)
	}
	o.counts[outcome]++
}

// Counts is what was counted so far.
func (o *Outcomes) Counts() map[string]uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.counts)
}

// histogram counts durations by size.
type histogram struct {
	counts [len(bounds) + 1]atomic.Uint64 // of each bucket alone
	sum    atomic.Int64                   // nanoseconds
}

// bounds are the upper ends of the buckets: those that are usual with Prometheus, and
// two below them, as an answer from the cache takes no millisecond.
var bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

func (h *histogram) observe(took time.Duration) {
	i := 0
	for i < len(bounds) && took > bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(took))
}
