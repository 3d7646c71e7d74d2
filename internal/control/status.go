package control

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// Status is what `edgegen status --json` prints.
type Status struct {
	Version     string          `json:"version"`
	PID         int             `json:"pid"`
	Site        string          `json:"site"`
	State       string          `json:"state"` // starting, ready, degraded or stopping
	Generation  int             `json:"generation"`
	Uptime      float64         `json:"uptime_s"`
	Tiers       []TierStatus    `json:"tiers"` // in the order a request passes them
	Backends    []BackendStatus `json:"backends"`
	LastReload  *ReloadStatus   `json:"last_reload"` // nil until the first reload
	Connections Connections     `json:"connections"`
}

// TierStatus is one tier's part of a Status.
type TierStatus struct {
	Role     string    `json:"role"`   // tls, cache or web
	Engine   string    `json:"engine"` // stunnel, varnish, nginx or builtin
	Version  string    `json:"version"`
	State    string    `json:"state"` // starting, running, backoff, failed or stopped
	PID      int       `json:"pid"`
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since"`
	Listen   []string  `json:"listen"`
	Reason   string    `json:"reason"`         // why this engine, or what is the matter with it
	Busy     bool      `json:"busy,omitempty"` // it is at a limit: what is open goes on, and nothing new is taken

	Children    int            `json:"children_lost,omitempty"` // that died, and were replaced by the daemon itself
	LastFailure *FailureStatus `json:"last_failure,omitempty"`  // of the daemon or of a child; nil where neither has failed
}

// FailureStatus tells of the last time that a process failed. It may be well again.
type FailureStatus struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// BackendStatus is one backend's part of a Status.
type BackendStatus struct {
	Site    string         `json:"site"`
	Name    string         `json:"name"`
	Servers []string       `json:"servers"`
	Process *ProcessStatus `json:"process"` // nil where edgegen does not run the app
}

// ProcessStatus is the process of a backend's command.
type ProcessStatus struct {
	PID      int    `json:"pid"`
	State    string `json:"state"`
	Restarts int    `json:"restarts"`
}

// ReloadStatus tells how the last reload went.
type ReloadStatus struct {
	At       time.Time `json:"at"`
	OK       bool      `json:"ok"`
	Error    string    `json:"error"`
	Duration float64   `json:"duration_ms"`
}

// Connections counts what is open.
type Connections struct {
	WebSockets int `json:"websockets"`
	OldWorkers int `json:"old_workers,omitempty"` // of nginx, that finish requests of before a reload
	OldApps    int `json:"old_apps,omitempty"`    // that the site names no longer, and that WebSockets or requests still go to
}

// status takes a snapshot.
func (e *Edge) status(ctx context.Context) Status {
	e.mu.Lock()
	g, servers, apps, last := e.generation, e.servers, e.apps, e.last
	e.mu.Unlock()
	s := Status{
		Version:    e.options.Version,
		PID:        os.Getpid(),
		Site:       absolute(e.options.Site),
		State:      string(e.phase.Load().(phase)),
		Generation: g.number,
		Uptime:     time.Since(e.started).Round(time.Millisecond).Seconds(),
		Tiers:      []TierStatus{},
		Backends:   []BackendStatus{},
		LastReload: last,
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
	order := roles()
	slices.SortStableFunc(s.Tiers, func(a, b TierStatus) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	s.Backends, well = backendsOf(g, apps, well)
	if s.State == string(ready) && !well {
		s.State = string(degraded)
	}
	if s.State != string(starting) {
		activity, err := e.activity(ctx)
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

// backendsOf lists the backends, and whether every app of theirs runs as well.
func backendsOf(g *generation, apps []*app, well bool) ([]BackendStatus, bool) {
	all := []BackendStatus{}
	for i := range g.loaded.Edge.Sites {
		host := &g.loaded.Edge.Sites[i]
		for _, backend := range host.Backends {
			b := BackendStatus{Site: host.Host, Name: backend.Name, Servers: []string{}}
			for _, server := range backend.Servers {
				network, address := server.Address()
				if network == "unix" {
					address = "unix:" + address
				}
				b.Servers = append(b.Servers, address)
			}
			b.Process = processOf(apps, host.Host, backend.Name)
			well = well && (b.Process == nil || b.Process.State == string(supervise.Running))
			all = append(all, b)
		}
	}
	return all, well
}

// activity counts what the cache tier has in work, and what is left of servers
// that are being retired. What cannot be asked is missing, and the error says
// why.
func (e *Edge) activity(ctx context.Context) (native.Activity, error) {
	sum := e.leaving.activity()
	var problems []error
	for _, s := range e.serversNow() {
		if b, ok := s.(worker); ok {
			there, err := b.activity(ctx)
			sum = sum.Plus(there)
			problems = append(problems, err)
		}
	}
	return sum, errors.Join(problems...)
}

func processOf(apps []*app, site, backend string) *ProcessStatus {
	for _, a := range apps {
		if r := a.running.Load(); r != nil && a.site.Host == site && a.backend.Name == backend {
			now := r.Status()
			return &ProcessStatus{PID: now.PID, State: string(now.State), Restarts: now.Restarts}
		}
	}
	return nil
}
