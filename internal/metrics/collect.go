package metrics

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"edgegen/internal/accesslog"
	"edgegen/internal/api"
)

// State is how the edge is doing, besides what is counted.
type State struct {
	Status       api.Status
	Certificates []api.CertificateStatus // of all sites
	Ready        bool
	Started      time.Time
}

// Registry returns what Prometheus is told: what the meter has counted, the state,
// which is asked for at each scrape, and Go's own metrics.
// hide replaces what is secret in a label.
func Registry(m *Meter, state func() State, hide func(string) string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(Collector(m, state, hide), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Collector collects what Registry tells of the edge alone, and not of the process.
func Collector(m *Meter, state func() State, hide func(string) string) prometheus.Collector {
	return &collector{meter: m, state: state, hide: hide}
}

// collector is a prometheus.Collector.
type collector struct {
	meter *Meter
	state func() State
	hide  func(string) string
}

// Describe names no metric beforehand: labels and values are known at a scrape.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect is called from any goroutine.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	w := &writer{to: to, hide: c.hide, written: make(map[string]bool), known: make(map[string]*prometheus.Desc)}
	w.counted(c.meter)
	w.told(c.meter, c.state())
}

// writer writes metrics of families.
type writer struct {
	to      chan<- prometheus.Metric
	known   map[string]*prometheus.Desc
	hide    func(string) string
	written map[string]bool // names with their labels: what differs in a secret alone is the same
}

func (w *writer) desc(f Family) *prometheus.Desc {
	d := w.known[f.Name]
	if d == nil {
		d = prometheus.NewDesc(f.Name, f.Help, f.Labels, nil)
		w.known[f.Name] = d
	}
	return d
}

// first hides what is secret in labels, and reports whether they are new.
func (w *writer) first(f Family, labels []string) bool {
	for i := range labels {
		labels[i] = w.hide(labels[i])
	}
	key := f.Name + "\x00" + strings.Join(labels, "\x00")
	if w.written[key] {
		return false
	}
	w.written[key] = true
	return true
}

// value writes a counter or a gauge. Labels are UTF-8, as the model's words are.
func (w *writer) value(f Family, value float64, labels ...string) {
	if !w.first(f, labels) {
		return
	}
	kind := prometheus.GaugeValue
	if f.Kind == "counter" {
		kind = prometheus.CounterValue
	}
	w.to <- prometheus.MustNewConstMetric(w.desc(f), kind, value, labels...)
}

func (w *writer) flag(f Family, is bool, labels ...string) {
	value := 0.0
	if is {
		value = 1
	}
	w.value(f, value, labels...)
}

func (w *writer) histogram(f Family, h *tally, labels ...string) {
	if !w.first(f, labels) {
		return
	}
	var count uint64
	buckets := make(map[float64]uint64, len(bounds))
	for i, bound := range bounds {
		count += h.counts[i]
		buckets[bound.Seconds()] = count
	}
	count += h.counts[len(bounds)]
	w.to <- prometheus.MustNewConstHistogram(w.desc(f), count, h.sum.Seconds(), buckets, labels...)
}

// tally is what a histogram has counted.
type tally struct {
	counts [len(bounds) + 1]uint64
	sum    time.Duration
}

func (t *tally) add(h *histogram) {
	for i := range h.counts {
		t.counts[i] += h.counts[i].Load()
	}
	t.sum += time.Duration(h.sum.Load())
}

// answeredAs are the labels of a request.
type answeredAs struct {
	site, route, backend string
	tier, class, verdict int
}

// pair is a site, with one of its routes or backends.
type pair struct{ site, name string }

// counts are sums over the ways that share their labels, as routes of one path do
// that differ in their match.
type counts struct {
	requests         map[answeredAs]uint64
	routes, backends map[pair]*tally
	sent, received   map[pair]uint64
}

// counted writes what was counted of requests.
func (w *writer) counted(m *Meter) {
	c := counts{map[answeredAs]uint64{}, map[pair]*tally{}, map[pair]*tally{}, map[pair]uint64{}, map[pair]uint64{}}
	for of, one := range *m.ways.Load() {
		c.add(of, one)
	}
	for r, n := range c.requests {
		w.value(requests, float64(n), r.site, r.route, r.backend, tiers[r.tier], strconv.Itoa(r.class)+"xx", verdicts[r.verdict])
	}
	for route, t := range c.routes {
		w.histogram(duration, t, route.site, route.name)
		w.value(sent, float64(c.sent[route]), route.site, route.name)
		w.value(received, float64(c.received[route]), route.site, route.name)
	}
	for backend, t := range c.backends {
		w.histogram(upstream, t, backend.site, backend.name)
	}
}

func (c *counts) add(of accesslog.Way, one *way) {
	for asked, backend := range []string{"", of.Backend} {
		for tier := range tiers {
			for class := range classes {
				for verdict := range verdicts {
					if n := one.requests[asked][tier][class][verdict].Load(); n > 0 {
						c.requests[answeredAs{of.Site, of.Route, backend, tier, class, verdict}] += n
					}
				}
			}
		}
	}
	route, backend := pair{of.Site, of.Route}, pair{of.Site, of.Backend}
	into(c.routes, route).add(&one.answered)
	c.sent[route] += one.sent.Load()
	c.received[route] += one.received.Load()
	if of.Backend != "" {
		into(c.backends, backend).add(&one.upstream)
	}
}

func into(all map[pair]*tally, key pair) *tally {
	if all[key] == nil {
		all[key] = new(tally)
	}
	return all[key]
}
