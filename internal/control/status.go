package control

import (
	"context"
	"os"
	"slices"
	"strconv"
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
	Reason   string    `json:"reason"` // why this engine
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
}

// status takes a snapshot.
func (e *Edge) status(ctx context.Context) Status {
	e.mu.Lock()
	tiers, apps := slices.Clone(e.tiers), slices.Clone(e.apps)
	e.mu.Unlock()
	s := Status{
		Version:    e.options.Version,
		PID:        os.Getpid(),
		Site:       e.options.Site,
		State:      string(e.phase.Load().(phase)),
		Generation: 1,
		Uptime:     time.Since(e.started).Seconds(),
		Tiers:      []TierStatus{},
		Backends:   []BackendStatus{},
	}
	well := true
	// They were started from the inside out.
	for i := len(tiers) - 1; i >= 0; i-- {
		t := e.statusOf(tiers[i])
		well = well && t.State == string(supervise.Running)
		s.Tiers = append(s.Tiers, t)
	}
	for i := range e.loaded.Edge.Sites {
		host := &e.loaded.Edge.Sites[i]
		for _, backend := range host.Backends {
			b := BackendStatus{Site: host.Host, Name: backend.Name, Servers: []string{}}
			for _, server := range backend.Servers {
				if server.Path != "" {
					b.Servers = append(b.Servers, "unix:"+server.Path)
				} else {
					b.Servers = append(b.Servers, server.Host+":"+strconv.Itoa(int(server.Port)))
				}
			}
			b.Process = processOf(apps, host.Host, backend.Name)
			well = well && (b.Process == nil || b.Process.State == string(supervise.Running))
			s.Backends = append(s.Backends, b)
		}
	}
	if s.State == string(ready) {
		if !well {
			s.State = string(degraded)
		}
		s.Connections.WebSockets = e.activity(ctx).WebSockets
	}
	return s
}

// activity counts what the cache tier has in work. A daemon that cannot be
// asked counts as idle.
func (e *Edge) activity(ctx context.Context) native.Activity {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.tiers {
		if t.role == RoleCache && t.builtin != nil {
			return native.Activity{WebSockets: t.builtin.plane.WebSockets(), Requests: t.builtin.plane.Requests()}
		}
	}
	if e.varnish == nil {
		return native.Activity{}
	}
	activity, err := e.varnish.Activity(ctx)
	if err != nil {
		e.options.Log.Debug("count requests", "error", err)
	}
	return activity
}

func (e *Edge) statusOf(t *tier) TierStatus {
	s := TierStatus{
		Role:    t.role,
		Engine:  string(t.engine),
		Version: t.daemon.Version,
		State:   string(supervise.Starting),
		Listen:  t.listen,
		Reason:  t.reason,
	}
	e.mu.Lock()
	runner, plane := t.runner, t.builtin
	e.mu.Unlock()
	if plane != nil {
		now := plane.status()
		s.Version, s.State, s.PID, s.Since = plane.version, string(now.State), now.PID, now.Since
	}
	if runner != nil {
		now := runner.Status()
		s.State, s.PID, s.Restarts, s.Since = string(now.State), now.PID, now.Restarts, now.Since
	}
	return s
}

func processOf(apps []*app, site, backend string) *ProcessStatus {
	for _, a := range apps {
		if a.site == site && a.backend == backend {
			now := a.runner.Status()
			return &ProcessStatus{PID: now.PID, State: string(now.State), Restarts: now.Restarts}
		}
	}
	return nil
}
