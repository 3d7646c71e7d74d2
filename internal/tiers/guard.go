package tiers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/printable"
	"edgegen/internal/supervise"
)

const (
	// probeInterval is between two questions to a daemon that is well.
	probeInterval = time.Second
	// probeTime bounds a probe, which gives the daemon half of that to answer.
	probeTime = 6 * time.Second
	// probeMisses in a row make it one that hangs.
	probeMisses = 2
	// patience is how long a daemon may be down before it is taken over.
	patience = time.Second
)

// guarded is a daemon, which a guard watches over.
type guarded interface {
	Server
	base() *daemon
	// probe asks the daemon and nobody else.
	probe(ctx context.Context) error
	// takeOver has a builtin plane serve.
	takeOver(ctx context.Context) error
	// handBack has the daemon serve again, when it answers.
	handBack(ctx context.Context) error
}

// errSuspended is about a process that does nothing until it is continued.
var errSuspended = errors.New("it was stopped by a signal (SIGSTOP)")

// guard watches over a daemon: one that does not answer is ended, so that it is
// started again; while it is down for long a builtin plane serves in its place.
type guard struct {
	server guarded
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{}
	misses int
	missed time.Time // the last one
	down   time.Time
	looked time.Time              // the last look for stopped children
	idle   []supervise.Descendant // those that were seen then
}

func (e *House) watchOver(server guarded) *guard {
	ctx, cancel := context.WithCancel(context.Background())
	g := &guard{server: server, cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	go func() {
		defer close(g.done)
		g.run(ctx, e)
	}()
	return g
}

// Look has the guard look at once.
func (g *guard) Look() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *guard) run(ctx context.Context, e *House) {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-g.wake:
		}
		if e.Turns.Look(ctx) != nil {
			return
		}
		g.round(ctx, e)
		e.Turns.Looked()
		e.repeated.tell(e.Log)
	}
}

// round is one look. Nothing else changes the edge meanwhile.
func (g *guard) round(ctx context.Context, e *House) {
	d := g.server.base()
	status := d.process().Status()
	if status.State != supervise.Running {
		d.noLongerBusy()
		g.isDown(ctx, e, d, status)
		// Nothing else would notice for long that a process is stopped while it starts.
		if !d.process().Suspended() {
			g.misses = 0
		} else if g.misses++; g.misses > probeMisses {
			g.misses = 0
			_ = d.process().Abort(ctx, errSuspended)
		}
		return
	}
	g.down = time.Time{}
	g.endStoppedChildren(e, d)
	if s, ok := g.server.(tender); ok {
		s.tend(status.PID)
	}
	err := g.ask(ctx)
	switch {
	case errors.Is(err, native.ErrBusy):
		// The process lives, and its open connections would be lost if it were ended.
		g.misses = 0
		d.isBusy(err)
	case err == nil:
		g.misses = 0
		d.isBusy(nil)
		if d.degraded() {
			g.handBack(ctx, e, d)
		}
		if s, ok := g.server.(refresher); ok {
			if err := s.refresh(ctx); err != nil {
				e.Log.Warn("cannot prepare a new stand-in", "from", d.Engine, "error", err)
			}
		}
	case len(e.edge.Lacks()) > 0: // it cannot be asked until that is put back
	case ctx.Err() == nil && time.Since(g.missed) >= probeInterval: // rounds may follow each other at once
		g.missed = time.Now()
		if g.misses++; g.misses >= probeMisses {
			g.misses = 0
			e.Log.Error("does not answer; killing it and starting it again", "from", d.Engine, "error", printable.FirstLine(err))
			_ = d.process().Abort(ctx, fmt.Errorf("it stopped answering: %w", err))
		}
	}
}

// ask returns why the daemon cannot serve; nil if it can.
func (g *guard) ask(ctx context.Context) error {
	if g.server.base().process().Suspended() {
		return errSuspended // its children may answer, but nobody commands them
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	return g.server.probe(ctx)
}

// endStoppedChildren kills a worker that a signal has stopped for longer than a moment.
// Other workers may still answer the probe, but the clients of this one wait. Its parent
// starts another one.
func (g *guard) endStoppedChildren(e *House, d *daemon) {
	if time.Since(g.looked) < probeInterval {
		return
	}
	g.looked = time.Now()
	idle := d.process().SuspendedChildren()
	for _, child := range idle {
		if !slices.Contains(g.idle, child) {
			continue
		}
		e.Log.Error("a worker was stopped by a signal (SIGSTOP); killing and replacing it", "from", d.Engine, "pid", child.PID())
		_ = child.Kill() // it is gone already, or the next look tries again
	}
	g.idle = idle
}

func (g *guard) isDown(ctx context.Context, e *House, d *daemon, status supervise.Status) {
	if g.down.IsZero() {
		g.down = time.Now()
	}
	if d.degraded() || d.alone(e.Serving()) || status.State != supervise.Failed && time.Since(g.down) < patience {
		return
	}
	if err := g.server.takeOver(ctx); err != nil {
		e.Log.Error("the builtin tier cannot stand in", "role", d.tiers(), "error", err)
		return
	}
	reason := status.Reason
	if reason == nil {
		reason = fmt.Errorf("%s does not come up", d.Engine)
	}
	d.tookOver(reason)
}

func (g *guard) handBack(ctx context.Context, e *House, d *daemon) {
	if err := g.server.handBack(ctx); err != nil {
		e.Log.Error("cannot give the tier back to the daemon", "from", d.Engine, "error", err)
		return
	}
	d.handedBack()
}
