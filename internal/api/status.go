// Package api is what a running edge and those who ask it agree on: the control
// socket's place, the JSON of its answers, and a client.
package api

import "time"

// Status is what `edgegen status --json` prints.
type Status struct {
	Version    string          `json:"version"`
	PID        int             `json:"pid"`
	Site       string          `json:"site"`
	State      string          `json:"state"` // starting, ready, degraded or stopping
	Generation int             `json:"generation"`
	Uptime     float64         `json:"uptime_s"`
	Tiers      []TierStatus    `json:"tiers"` // in the order a request passes them
	Backends   []BackendStatus `json:"backends"`
	// Certificates are those that edgegen gets, and others that end soon.
	Certificates []CertificateStatus `json:"certificates,omitempty"`
	// Clients are the sites that ask clients for a certificate.
	Clients     []ClientsStatus `json:"clients,omitempty"`
	LastReload  *ReloadStatus   `json:"last_reload"`       // nil until the first reload
	Metrics     []string        `json:"metrics,omitempty"` // where metrics are told
	Traces      *TracesStatus   `json:"traces,omitempty"`  // nil where the site has none
	Cluster     *ClusterStatus  `json:"cluster,omitempty"` // nil where the edge answers for itself alone
	Connections Connections     `json:"connections"`
}

// ClusterStatus tells of the edges that answer together. Counts begin at the start of the
// edge.
type ClusterStatus struct {
	Listen  []string       `json:"listen"`  // where other members ask this edge
	Answers uint64         `json:"answers"` // requests of others for what this edge owns
	Members []MemberStatus `json:"members"`
	Found   []FoundStatus  `json:"found,omitempty"` // what stands for many members
}

// FoundStatus is a name or a Service by which members are found.
type FoundStatus struct {
	By      string `json:"by"`
	Members int    `json:"members"`           // that it has named last
	Problem string `json:"problem,omitempty"` // why it has named none lately
}

// MemberStatus is how a member is doing, as this edge sees it.
type MemberStatus struct {
	Name    string    `json:"name"`
	State   string    `json:"state"` // unknown, up, down or self
	Since   time.Time `json:"since"`
	Problem string    `json:"problem,omitempty"` // why it is down
	Asked   uint64    `json:"asked"`             // requests that it was asked for, as the owner
	Failed  uint64    `json:"failed"`            // of these, those that it had no answer to
}

// TracesStatus tells of the spans that a collector is told. Counts begin at the start
// of the edge, and go through changes of the collector.
type TracesStatus struct {
	Collector string  `json:"collector"` // its URL
	Sample    float64 `json:"sample"`
	Sent      uint64  `json:"sent"`
	Dropped   uint64  `json:"dropped"`           // too many were waiting
	Failed    uint64  `json:"failed"`            // the collector has not taken them
	Problem   string  `json:"problem,omitempty"` // why it has not taken the last ones
}

// CertificateStatus tells of the certificate that a site serves.
type CertificateStatus struct {
	Site     string    `json:"site"`
	Source   string    `json:"source"` // file, self-signed or acme
	Names    []string  `json:"names"`
	Issuer   string    `json:"issuer"`
	NotAfter time.Time `json:"not_after"`
	DaysLeft int       `json:"days_left"`

	// What follows is of acme alone.
	Store   string     `json:"store,omitempty"`   // where edges have it in common
	Waiting bool       `json:"waiting,omitempty"` // one of the local authority is served until the first one comes
	Renewal *time.Time `json:"renewal,omitempty"` // when another one will be asked for
	Problem string     `json:"problem,omitempty"` // why there is none, and what to do
	Next    *time.Time `json:"next,omitempty"`    // when it is tried again, after a problem
}

// ClientsStatus tells of a site that asks clients for a certificate.
type ClientsStatus struct {
	Site     string     `json:"site"`
	Required bool       `json:"required"`
	What     string     `json:"what,omitempty"` // what ends first of the authorities and their lists
	Ends     *time.Time `json:"ends,omitempty"` // when; from then on some clients do not come in
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
	Reason   string    `json:"reason"`             // why this engine, or what is the matter with it
	StandIn  bool      `json:"stand_in,omitempty"` // a builtin tier serves in the place of a daemon that is down
	Busy     bool      `json:"busy,omitempty"`     // it is at a limit: what is open goes on, and nothing new is taken

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
	// Endpoints and Names are those of a backend that edgegen looks after.
	Endpoints []EndpointStatus `json:"endpoints,omitempty"`
	Names     []NameStatus     `json:"names,omitempty"`
}

// EndpointStatus is one address of a backend.
type EndpointStatus struct {
	Server  string    `json:"server"`  // as the site names it; "" for one that it names no longer
	Address string    `json:"address"` // host:port, or the path of a Unix socket
	State   string    `json:"state"`   // unchecked, waiting, well, unwell or draining
	Since   time.Time `json:"since,omitzero"`
	Reason  string    `json:"reason,omitempty"` // why it is unwell
	Open    int       `json:"open"`             // requests in work and WebSockets

	LastFailure *FailureStatus `json:"last_failure,omitempty"` // of a request; nil where it has answered since
}

// NameStatus is how the look-up of a server's name is doing.
type NameStatus struct {
	Name      string    `json:"name"`
	Addresses []string  `json:"addresses"` // the last that were found
	Since     time.Time `json:"since"`     // when they were, or when the look-ups began to fail
	Next      time.Time `json:"next"`      // when it is asked for again
	Problem   string    `json:"problem,omitempty"`
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
	Touched  string    `json:"touched,omitempty"` // the tiers and apps that were touched, and how
}

// Connections counts what is open.
type Connections struct {
	WebSockets int `json:"websockets"`
	OldWorkers int `json:"old_workers,omitempty"` // of nginx, that finish requests of before a reload
	OldApps    int `json:"old_apps,omitempty"`    // that the site names no longer, and that WebSockets or requests still go to
}
