package metrics

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"edgegen/internal/api"
)

const (
	// step is between two samples.
	step = 5 * time.Second
	// kept is how many samples there are at most: five minutes.
	kept = 61
	// window is how many steps the figures are of that stand alone.
	window = 2
	// busiest is how many sites, and backends, are told of.
	busiest = 50
)

// History remembers what a meter has counted lately. It may be used from any
// goroutine.
type History struct {
	meter *Meter

	mu      sync.Mutex
	samples []sample // the oldest first
}

// sample is what had been counted at a time.
type sample struct {
	at       time.Time
	all      Total
	sites    map[string]Total
	backends map[pair]Total
}

// NewHistory returns one that remembers nothing.
func NewHistory(m *Meter) *History { return &History{meter: m} }

// Run takes samples until ctx ends, while wanted says so.
func (h *History) Run(ctx context.Context, wanted func() bool) {
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	for {
		if wanted() {
			h.take(time.Now())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (h *History) take(now time.Time) {
	h.meter.tidy()
	s := h.meter.sample(now)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.samples = append(h.samples, s)
	if len(h.samples) > kept {
		h.samples = slices.Delete(h.samples, 0, 1)
	}
}

func (m *Meter) sample(now time.Time) sample {
	s := sample{at: now, sites: make(map[string]Total), backends: make(map[pair]Total)}
	for of, w := range *m.ways.Load() {
		one := w.total()
		s.all = s.all.plus(one)
		s.sites[of.Site] = s.sites[of.Site].plus(one)
		if of.Backend != "" {
			at := pair{of.Site, of.Backend}
			s.backends[at] = s.backends[at].plus(w.askedTotal())
		}
	}
	return s
}

// Traffic tells of what was counted until now.
func (h *History) Traffic(now time.Time) *api.Traffic {
	h.mu.Lock()
	all := append(slices.Clone(h.samples), h.meter.sample(now))
	h.mu.Unlock()
	last := len(all) - 1
	if last > 0 && all[last].at.Sub(all[last-1].at) < step/2 {
		all = slices.Delete(all, last-1, last) // too little was counted since then
		last--
	}
	before := all[max(0, last-window)]
	took := all[last].at.Sub(before.at)
	t := &api.Traffic{Window: took.Seconds(), Step: step.Seconds(), All: flow(all[last].all.since(before.all), took),
		Points: []api.Flow{}, Sites: []api.NamedFlow{}, Backends: []api.BackendFlow{}}
	for i := range last {
		t.Points = append(t.Points, flow(all[i+1].all.since(all[i].all), all[i+1].at.Sub(all[i].at)))
	}
	for name, total := range all[last].sites {
		t.Sites = append(t.Sites, api.NamedFlow{Site: name, Flow: flow(total.since(before.sites[name]), took)})
	}
	for at, total := range all[last].backends {
		t.Backends = append(t.Backends, api.BackendFlow{Site: at.site, Name: at.name, Flow: flow(total.since(before.backends[at]), took)})
	}
	slices.SortFunc(t.Sites, func(a, b api.NamedFlow) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Site, b.Site))
	})
	slices.SortFunc(t.Backends, func(a, b api.BackendFlow) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Name, b.Name))
	})
	t.Sites, t.Backends = t.Sites[:min(busiest, len(t.Sites))], t.Backends[:min(busiest, len(t.Backends))]
	for i := range t.Sites {
		t.Sites[i].Points = rates(all, func(s sample) Total { return s.sites[t.Sites[i].Site] })
	}
	for i := range t.Backends {
		t.Backends[i].Points = rates(all, func(s sample) Total { return s.backends[pair{t.Backends[i].Site, t.Backends[i].Name}] })
	}
	return t
}

// rates are the requests per second between one sample and the next.
func rates(all []sample, of func(sample) Total) []float64 {
	points := []float64{}
	for i := range len(all) - 1 {
		took := all[i+1].at.Sub(all[i].at)
		points = append(points, perSecond(of(all[i+1]).since(of(all[i])).requests(), took))
	}
	return points
}

func flow(t Total, took time.Duration) api.Flow {
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return api.Flow{
		Requests: perSecond(t.requests(), took), Refused: perSecond(t.Classes[4], took), Failed: perSecond(t.Classes[5], took),
		Stored: perSecond(t.Verdicts[hit]+t.Verdicts[stale], took), Bytes: perSecond(t.Sent, took),
		P50: milliseconds(t.quantile(0.5)), P95: milliseconds(t.quantile(0.95)), P99: milliseconds(t.quantile(0.99)),
	}
}

func perSecond(n uint64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}
