package control

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/certificate"
	"edgegen/internal/generation"
	"edgegen/internal/metrics"
	"edgegen/internal/supervise"
	"edgegen/internal/tiers"
)

// status takes a snapshot.
func (e *Edge) status() api.Status {
	e.mu.Lock()
	last := e.last
	e.mu.Unlock()
	g, servers := e.Now()
	s := api.Status{
		Version:      e.options.Version,
		PID:          os.Getpid(),
		Site:         absolute(e.options.Site),
		State:        string(e.phase.Load().(phase)),
		Generation:   g.Number,
		Uptime:       time.Since(e.started).Round(time.Millisecond).Seconds(),
		Backends:     []api.BackendStatus{},
		Certificates: e.certificatesOf(g),
		Clients:      e.clients.about(g),
		LastReload:   last,
		Metrics:      e.monitor.Addresses(),
		Traces:       e.tracesStatus(g),
		Cluster:      e.clusterStatus(g),
	}
	var well bool
	s.Tiers, well = tiers.StatusOf(servers)
	s.Connections.OldWorkers, s.Connections.OldApps = e.OldWorkers(), e.apps.Unused()
	s.Backends, well = e.backendsOf(g, well)
	if s.State == string(ready) && !well {
		s.State = string(degraded)
	}
	if s.State != string(starting) {
		activity, err := e.Activity()
		if err != nil {
			e.options.Log.Debug("count WebSockets for the status", "error", err)
		}
		s.Connections.WebSockets = activity.WebSockets
	}
	return s
}

// certificatesOf tells about the certificates that edgegen gets itself, and about others
// that end soon. There is nothing to tell about the rest.
func (e *Edge) certificatesOf(g *generation.Generation) []api.CertificateStatus {
	return slices.DeleteFunc(e.allCertificates(g), func(c api.CertificateStatus) bool {
		return c.Source != "acme" && time.Until(c.NotAfter) > certificate.Notice
	})
}

// allCertificates tells about the certificates of all sites.
func (e *Edge) allCertificates(g *generation.Generation) []api.CertificateStatus {
	return certificates(g, e.Authority.Status)
}

// absolute is a path that means the same to whoever reads it.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// backendsOf lists the backends, and reports whether every app of theirs runs.
func (e *Edge) backendsOf(g *generation.Generation, well bool) ([]api.BackendStatus, bool) {
	all := []api.BackendStatus{}
	for i := range g.Loaded.Edge.Sites {
		host := &g.Loaded.Edge.Sites[i]
		for _, backend := range host.Backends {
			b := api.BackendStatus{Site: host.Host, Name: backend.Name, Servers: []string{}}
			for _, server := range backend.Servers {
				network, address := server.Address()
				if network == "unix" {
					address = "unix:" + address
				}
				b.Servers = append(b.Servers, address)
			}
			b.Endpoints, b.Names = e.Backends.Status(g, host.Host, &backend)
			b.Process = e.apps.Process(host.Host, backend.Name)
			well = well && (b.Process == nil || b.Process.State == string(supervise.Running))
			all = append(all, b)
		}
	}
	return all, well
}

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
