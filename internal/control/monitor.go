package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"edgegen/internal/accesslog"
	"edgegen/internal/generation"
	"edgegen/internal/metrics"
	"edgegen/internal/monitor"
	"edgegen/internal/site"
)

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

// monitorConnections is how many connections to the metrics listener are open at most.
const monitorConnections = 256

// monitorServer serves a monitor on the listeners of a configuration.
type monitorServer struct {
	http    *http.Server
	end     context.CancelFunc // of its requests
	serving sync.WaitGroup

	mu   sync.Mutex
	open map[*generation.Listener]net.Listener
}

func (e *Edge) newMonitor() *monitorServer {
	handler := monitor.New(monitor.Source{
		Overview: e.overview, Ready: e.isReadyForClients,
		Metrics:  metrics.Registry(e.counter.Meter, e.metricsState, e.options.secrets.hide),
		HideJSON: e.options.secrets.hideJSON,
		Hosts:    e.monitorHosts,
	})
	ctx, end := context.WithCancel(context.Background())
	return &monitorServer{end: end, open: make(map[*generation.Listener]net.Listener), http: &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}}
}

// addresses are where it is asked; none before it is there.
func (m *monitorServer) addresses() (all []string) {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for l := range m.open {
		all = append(all, l.Address.String())
	}
	slices.Sort(all)
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

// monitorChange is another set of listeners for the monitor. A nil one changes
// nothing.
type monitorChange struct {
	server *monitorServer
	wanted []*generation.Listener
	fresh  map[*generation.Listener]net.Listener // that were not served before
}

// prepare opens the wanted listeners that are not served yet. It can fail only for want
// of descriptors.
func (m *monitorServer) prepare(wanted []*generation.Listener) (*monitorChange, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &monitorChange{server: m, wanted: wanted, fresh: make(map[*generation.Listener]net.Listener)}
	for _, l := range wanted {
		if m.open[l] != nil {
			continue
		}
		own, err := net.FileListener(l.File())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen for metrics: %w", err), c.abandon())
		}
		c.fresh[l] = own
	}
	return c, nil
}

func (c *monitorChange) abandon() error {
	if c == nil {
		return nil
	}
	var failed []error
	for _, l := range c.fresh {
		failed = append(failed, l.Close())
	}
	return errors.Join(failed...)
}

// commit serves what is wanted and lets go of the rest.
func (c *monitorChange) commit() {
	if c == nil {
		return
	}
	m := c.server
	m.mu.Lock()
	defer m.mu.Unlock()
	for at, listener := range c.fresh {
		m.open[at] = listener
		m.serving.Go(func() { _ = m.http.Serve(netutil.LimitListener(listener, monitorConnections)) }) // which ends with the listener or the server
	}
	for at, listener := range m.open {
		if !slices.Contains(c.wanted, at) {
			_ = listener.Close() // nothing is written to a listener
			delete(m.open, at)
		}
	}
}

// close ends what is being answered.
func (m *monitorServer) close() {
	m.end()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if m.http.Shutdown(ctx) != nil {
		_ = m.http.Close() // somebody does not read their answer
	}
	m.serving.Wait()
}
