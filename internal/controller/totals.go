package controller

import (
	"maps"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// edgeLabel tells the metrics of edges apart.
const edgeLabel = "edge"

// totals gathers the metrics of all edges, each with its ID, and those of the process. It
// may be used from any goroutine.
type totals struct {
	process *prometheus.Registry

	mutex sync.Mutex
	edges map[string]*prometheus.Registry
}

func newTotals() *totals {
	t := &totals{process: prometheus.NewRegistry(), edges: map[string]*prometheus.Registry{}}
	t.process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

// of takes the collector of an edge.
func (t *totals) of(id string) func(prometheus.Collector) {
	return func(c prometheus.Collector) {
		registry := prometheus.NewRegistry()
		prometheus.WrapRegistererWith(prometheus.Labels{edgeLabel: id}, registry).MustRegister(c)
		t.mutex.Lock()
		defer t.mutex.Unlock()
		t.edges[id] = registry
	}
}

// forget leaves out an edge that has ended.
func (t *totals) forget(id string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	delete(t.edges, id)
}

// Gather is called at each scrape.
func (t *totals) Gather() ([]*dto.MetricFamily, error) {
	t.mutex.Lock()
	all := prometheus.Gatherers{t.process}
	for _, id := range slices.Sorted(maps.Keys(t.edges)) {
		all = append(all, t.edges[id])
	}
	t.mutex.Unlock()
	return all.Gather()
}
