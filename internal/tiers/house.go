// Package tiers serves an edge: each tier by a daemon, or neighbouring ones by a builtin plane.
// It starts them, changes them step by step, watches over them, has one stand in for another,
// and lets them go. It decides nothing about the edge as a whole: that is for its Owner.
package tiers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/acme"
	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/endpoints"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

// Owner is what servers ask of the edge that they serve.
type Owner interface {
	// Recorded takes the record of a request, by the engine of the cache tier. It keeps
	// nothing of it.
	Recorded(cache site.Engine, r *accesslog.Record)
	// Untold hears why varnishd's log does not tell of requests.
	Untold(reason error)
	// PurgeBy has all that is meant forgotten, for a client.
	PurgeBy(ctx context.Context, what site.Purge) (int, error)
	// TookOver hears which tiers the builtin tier serves in the place of a daemon, and
	// HandedBack that a daemon serves again.
	TookOver(roles []string)
	HandedBack()
	// Lacks lists what has gone of the edge's directories.
	Lacks() []string
	// Others is the cluster, where a generation has had one; else nil.
	Others() *cluster.Cluster
	// Missed are the purges of before the edge was ready.
	Missed() []site.Purge
}

// House is what the servers of an edge share, and all that they know of the edge. A
// server reaches the others through it alone. New makes one.
type House struct {
	Options
	edge   Owner
	Who    statedir.User
	Layout render.Layout
	Away   atomic.Bool // load balancers are to send nobody here
	Served atomic.Bool // the edge has been ready once
	Turns  *turns

	inner map[string]*os.File // sockets between the tiers that edgegen holds, by path
	// nameless are sockets whose path has been removed. Processes that were started
	// with them still serve them.
	nameless []*os.File
	// freeVarnish waits until a varnishd that is being retired has ended. It is nil
	// where none has been retired.
	freeVarnish func()
	storage     storageHold // varnishd's file
	quic        quicSockets // of HTTP/3

	// Life ends when the edge ends, and with it whatever is left of earlier generations.
	// Later counts the goroutines that wait for that.
	Life    context.Context
	Later   sync.WaitGroup
	leaving leavers

	// These are nil before the first generation.
	Backends  *endpoints.Watched // that are looked after
	Gates     *gate.Keeper       // who has come how often, and who has which password
	Authority *acme.Manager      // gets certificates

	piped piped
	// repeated counts the messages that a daemon writes for each connection of many.
	repeated repeats

	mu         sync.Mutex             // guards what follows; the values are not changed, but replaced
	generation *generation.Generation // that is served; nil before the first
	servers    []Server               // from the inside out
}

// Options are what does not change while an edge runs. All are needed but NoTakeover, which
// leaves a tier down whose daemon is down.
type Options struct {
	Log        *slog.Logger
	Version    string
	NoTakeover bool
	StateDir   string
	Instance   *supervise.Instance
}

// New makes a house in which nobody serves yet, for an edge. Its life is the context.
func New(life context.Context, o Options, edge Owner) *House {
	return &House{Options: o, edge: edge, Life: life, Turns: newTurns(), inner: make(map[string]*os.File)}
}

// Serving returns the generation that is served.
func (e *House) Serving() *generation.Generation {
	g, _ := e.Now()
	return g
}

// Servers returns those that serve, from the inside out.
func (e *House) Servers() []Server {
	_, servers := e.Now()
	return servers
}

// Now returns the generation that is served, nil before the first, and by whom.
func (e *House) Now() (*generation.Generation, []Server) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.generation, e.servers
}

// Serve notes which generation is served from now on, and by whom, from the inside out. The
// slice is not to be changed afterwards.
func (e *House) Serve(g *generation.Generation, servers []Server) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.generation, e.servers = g, servers
}

// Close closes what the house holds itself, when its life and its servers have ended.
func (e *House) Close() {
	e.Gates.Close()
	e.quic.Close()
	for _, file := range slices.AppendSeq(slices.Clone(e.nameless), maps.Values(e.inner)) {
		_ = file.Close() // nothing was written
	}
}

// LetGoOf lets go of the HTTP/3 on listeners.
func (e *House) LetGoOf(listeners []*generation.Listener) { e.quic.release(listeners) }

// Dir is where the files of a generation stand.
func (e *House) Dir(g *generation.Generation) string {
	return filepath.Join(statedir.Generations(e.Layout), fmt.Sprint(g.Number))
}

// changed logs what becomes of a process.
func (e *House) changed(s supervise.Status) {
	log := e.Log.With("from", s.Name)
	switch s.State {
	case supervise.Running:
		log.Debug("running", "pid", s.PID, "restarts", s.Restarts)
	case supervise.Backoff:
		if !e.Served.Load() && !wasReady(s.Reason) {
			return // whoever waits for it tells why it does not come up
		}
		log.Warn("died; starting it again", "reason", reasonOf(s.Name, s.Reason))
	case supervise.Stopped:
		if s.LastExit != nil && s.LastExit.Ignored != 0 && e.Served.Load() {
			log.Warn("had to be killed", "after", s.LastExit.Ran.Round(time.Millisecond), "ignored", s.LastExit.Ignored)
		}
	case supervise.Failed:
		log.Error("keeps dying; trying it again from time to time", "reason", reasonOf(s.Name, s.Reason))
	}
}

// wasReady reports whether a process that ended had answered before.
func wasReady(reason error) bool {
	exit := (*supervise.ExitError)(nil)
	return errors.As(reason, &exit) && exit.Ready
}
