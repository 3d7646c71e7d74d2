package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/acme"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

// house is what the servers of an edge share, and all that they know of the edge. A
// server reaches the others through it alone.
type house struct {
	options  Options
	state    *state
	who      statedir.User
	layout   render.Layout
	access   *accesslog.Log
	away     atomic.Bool // load balancers are to send nobody here
	counter  counter
	counting atomic.Bool // whether the site has metrics
	traces   traces
	turns    *turns
	served   atomic.Bool // the edge has been ready once
	// lacks lists what has gone of the edge's directories (Edge.missing).
	lacks func() []string

	inner map[string]*os.File // sockets between the tiers that edgegen holds, by path
	// nameless are sockets whose path has been removed. Processes that were started
	// with them still serve them.
	nameless []*os.File
	// freeVarnish waits until a varnishd that is being retired has ended. It is nil
	// where none has been retired.
	freeVarnish func()
	storage     storageHold // varnishd's file
	quic        quicSockets // of HTTP/3
	// life ends when the edge ends, and with it whatever is left of earlier generations.
	// later counts the goroutines that wait for that.
	life    context.Context
	later   sync.WaitGroup
	leaving leavers
	// backends are those that are looked after; nil before the first generation.
	backends *watched
	piped    piped
	members  members
	gates    *gate.Keeper // who has come how often, and who has which password; nil before the first generation
	// authority gets certificates; nil before the first generation.
	authority *acme.Manager
	renewals  renewals // what it has got and is to be served
	// repeated counts the messages that a daemon writes for each connection of many.
	repeated repeats

	mu         sync.Mutex             // guards what follows; the values are not changed, but replaced
	generation *generation.Generation // that is served; nil before the first
	servers    []server               // from the inside out
}

// serving returns the generation that is served.
func (e *house) serving() *generation.Generation {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.generation
}

func (e *house) serversNow() []server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.servers
}

// dir is where the files of a generation stand.
func (e *house) dir(g *generation.Generation) string {
	return filepath.Join(statedir.Generations(e.layout), fmt.Sprint(g.Number))
}

// summary is a line for people about what is served.
func (e *house) summary() string {
	g := e.serving()
	text := fmt.Sprintf("serving %d sites, generation %d", len(g.Loaded.Edge.Sites), g.Number)
	for _, s := range e.serversNow() {
		if d, ok := s.(guarded); ok && d.base().degraded() {
			text += fmt.Sprintf("; degraded: %s is down, the builtin %s tier serves", d.base().Engine, d.base().tiers())
		}
	}
	return text
}

// changed logs what becomes of a process.
func (e *house) changed(s supervise.Status) {
	log := e.options.Log.With("from", s.Name)
	switch s.State {
	case supervise.Running:
		log.Debug("running", "pid", s.PID, "restarts", s.Restarts)
	case supervise.Backoff:
		if !e.served.Load() && !wasReady(s.Reason) {
			return // whoever waits for it tells why it does not come up
		}
		log.Warn("died; it is started again", "reason", reasonOf(s.Name, s.Reason))
	case supervise.Stopped:
		if s.LastExit != nil && s.LastExit.Ignored != 0 && e.served.Load() {
			log.Warn("had to be killed", "after", s.LastExit.Ran.Round(time.Millisecond), "ignored", s.LastExit.Ignored)
		}
	case supervise.Failed:
		log.Error("keeps dying; it is tried again from time to time", "reason", reasonOf(s.Name, s.Reason))
	}
}

// wasReady reports whether a process that ended had answered before.
func wasReady(reason error) bool {
	exit := (*supervise.ExitError)(nil)
	return errors.As(reason, &exit) && exit.Ready
}
