package control

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// status takes a snapshot.
func (e *Edge) status() api.Status {
	e.mu.Lock()
	g, servers, apps, last := e.generation, e.servers, e.apps, e.last
	e.mu.Unlock()
	s := api.Status{
		Version:      e.options.Version,
		PID:          os.Getpid(),
		Site:         absolute(e.options.Site),
		State:        string(e.phase.Load().(phase)),
		Generation:   g.Number,
		Uptime:       time.Since(e.started).Round(time.Millisecond).Seconds(),
		Tiers:        []api.TierStatus{},
		Backends:     []api.BackendStatus{},
		Certificates: e.certificatesOf(g),
		Clients:      e.clients.about(g),
		LastReload:   last,
		Metrics:      e.monitor.addresses(),
		Traces:       e.tracesStatus(g),
		Cluster:      e.clusterStatus(g),
	}
	well := true
	for _, server := range servers {
		for _, role := range server.roles() {
			t := server.status(role)
			well = well && t.State == string(supervise.Running)
			s.Tiers = append(s.Tiers, t)
		}
		if d, ok := server.(guarded); ok {
			well = well && !d.base().degraded()
		}
	}
	s.Connections.OldWorkers, s.Connections.OldApps = e.oldWorkers(), len(e.unusedApps())
	order := site.Tiers()
	slices.SortStableFunc(s.Tiers, func(a, b api.TierStatus) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	s.Backends, well = e.backendsOf(g, apps, well)
	if s.State == string(ready) && !well {
		s.State = string(degraded)
	}
	if s.State != string(starting) {
		activity, err := e.activity()
		if err != nil {
			e.options.Log.Debug("count WebSockets for the status", "error", err)
		}
		s.Connections.WebSockets = activity.WebSockets
	}
	return s
}

// oldWorkers counts nginx's workers that finish requests of before a reload.
func (e *Edge) oldWorkers() int {
	sum := e.leaving.oldWorkers()
	for _, s := range e.serversNow() {
		if l, ok := s.(lingerer); ok {
			sum += l.oldWorkers()
		}
	}
	return sum
}

// absolute is a path that means the same to whoever reads it.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// backendsOf lists the backends, and reports whether every app of theirs runs.
func (e *Edge) backendsOf(g *generation.Generation, apps []*app, well bool) ([]api.BackendStatus, bool) {
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
			b.Endpoints, b.Names = e.watchedStatus(g, host.Host, &backend)
			b.Process = processOf(apps, host.Host, backend.Name)
			well = well && (b.Process == nil || b.Process.State == string(supervise.Running))
			all = append(all, b)
		}
	}
	return all, well
}

// activity counts what the cache tier has in work, and what servers that are being
// retired still have. A server that cannot be asked is left out, and the error says why.
func (e *Edge) activity() (native.Activity, error) {
	sum := e.leaving.activity()
	var problems []error
	for _, s := range e.serversNow() {
		if b, ok := s.(worker); ok {
			there, err := b.activity()
			sum = sum.Plus(there)
			problems = append(problems, err)
		}
	}
	return sum, errors.Join(problems...)
}

func processOf(apps []*app, site, backend string) *api.ProcessStatus {
	for _, a := range apps {
		if r := a.running.Load(); r != nil && a.site.Host == site && a.backend.Name == backend {
			now := r.Status()
			return &api.ProcessStatus{PID: now.PID, State: string(now.State), Restarts: now.Restarts}
		}
	}
	return nil
}
