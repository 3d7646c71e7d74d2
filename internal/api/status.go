// Package api is what a running edge and those who ask it agree on: the control
// socket's place, the JSON of its answers, and a client.
package api

import "time"

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
