package control

import (
	"os"
	"strings"

	"edgegen/internal/accesslog"
	"edgegen/internal/site"
)

// Recorded takes the record of a request, by the engine of the cache tier. It keeps
// nothing of it.
func (e *Edge) Recorded(cache site.Engine, r *accesslog.Record) {
	e.told(r, cache)
	if cache == site.Varnish {
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
