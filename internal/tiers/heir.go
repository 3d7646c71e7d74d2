package tiers

import (
	"context"
	"errors"
	"fmt"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// program is a daemon's program for one generation after another, as native
// knows it.
type program interface {
	comparable
	Process() supervise.Process
	Probe(ctx context.Context) error
	// Adopt has the next start, and the next reload, use another generation.
	Adopt(s native.Setup)
	// Close removes what is this one's alone, when its process has ended.
	Close() error
}

// heir is a daemon that inherits its listeners from edgegen. While one is
// replaced, old and new serve side by side on the same listeners; one that is down
// is stood in for on them.
type heir[P program] struct {
	daemon
	kind    inheriting[P] // the server that this is part of
	program P             // zero until it is launched
}

// inheriting is what each of these daemons does in its own way.
type inheriting[P program] interface {
	guarded
	// make returns a program for a generation, which is not started yet.
	make(g *generation.Generation) (P, error)
	// settings are those of a process that serves a generation.
	settings(g *generation.Generation) native.Setup
	// differs says in phrases what is new in the next generation: what takes another
	// process, and what the running one can read.
	differs(was, next *generation.Generation) (restart, reload []string)
	// unchanged is called when nothing changes for the daemon with the next generation.
	unchanged(next *generation.Generation)
	// check looks at the files of a generation.
	check(ctx context.Context, g *generation.Generation) error
	// tell has the running process read its files anew, and makes sure that it
	// serves what is in them.
	tell(ctx context.Context, from, to *generation.Generation) error
	// answers checks, after a start, what is served.
	answers(ctx context.Context, g *generation.Generation) error
	// leave has a process take nothing new, and ends it after its last
	// connection.
	leave(ctx context.Context, old *supervise.Kept, was P)
}

func (h *heir[P]) base() *daemon { return &h.daemon }

func (h *heir[P]) Start(ctx context.Context, g *generation.Generation) error {
	h.show(g)
	if err := h.Launch(ctx, g); err != nil {
		return h.startFailed(ctx, h.kind, g, err)
	}
	if err := h.kind.answers(ctx, g); err != nil {
		return fmt.Errorf("start %s: %w", h.Engine, err)
	}
	h.guarded(h.kind)
	return nil
}

// Launch starts a process that shares nothing with one before it but the
// listeners.
func (h *heir[P]) Launch(ctx context.Context, g *generation.Generation) error {
	fresh, err := h.kind.make(g)
	if err != nil {
		return err
	}
	h.program = fresh
	r, err := h.house.launchReady(ctx, g, h.describe())
	h.setRunning(r)
	return err
}

func (h *heir[P]) describe() supervise.Process {
	p := h.program.Process()
	p.OnChange = func(supervise.Status) { h.changed() }
	return p
}

func (h *heir[P]) probe(ctx context.Context) error { return h.program.Probe(ctx) }

// Stage looks at what the daemon has to do about the next generation.
func (h *heir[P]) Stage(ctx context.Context, next *generation.Generation) (*Change, error) {
	was, c := h.house.Serving(), h.nothing()
	restart, reload := h.kind.differs(was, next)
	check := h.kind.check
	switch {
	case len(restart)+len(reload) == 0:
		c.then(onFinish(func(context.Context) { h.kind.unchanged(next) }))
		return h.withStandIn(ctx, next, c)
	case !h.runs():
		c.plan(api.Reload, append(restart, reload...)...)
		c.then(&nextStart[P]{heir: h, next: next, old: h.program})
		check = func(ctx context.Context, g *generation.Generation) error {
			return h.checkWhileDown(ctx, was, g, h.kind.check)
		}
	case len(restart) > 0:
		c.plan(api.Restart, restart...)
		c.then(&replacement[P]{heir: h, next: next, old: h.process(), program: h.program})
	default:
		c.plan(api.Reload, reload...)
		c.then(&reading[P]{heir: h, was: was, next: next})
	}
	c.then(onFinish(func(context.Context) { h.show(next) }))
	if h.bonded(next) {
		c.then(onFinish(func(context.Context) { h.standsAlone() }))
	}
	if err := check(ctx, next); err != nil {
		return c, err
	}
	return h.withStandIn(ctx, next, c)
}

// adopt has the next start use another generation.
func (h *heir[P]) adopt(g *generation.Generation) error {
	h.program.Adopt(h.kind.settings(g))
	return h.process().Update(h.describe())
}

// read has the running process read the files of a generation.
func (h *heir[P]) read(ctx context.Context, from, to *generation.Generation) error {
	if err := h.adopt(to); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	return h.kind.tell(ctx, from, to)
}

// become has the next start run another program.
func (h *heir[P]) become(ctx context.Context, other P) error {
	h.program = other
	return errors.Join(h.process().Update(h.describe()), h.anew(ctx))
}

func (h *heir[P]) takeOver(ctx context.Context) error {
	return h.standInStarts(ctx, h.house.Serving())
}

func (h *heir[P]) handBack(context.Context) error {
	h.standInLeaves()
	return nil
}

func (h *heir[P]) retire() {
	h.endGuard()
	h.kind.leave(h.house.Life, h.process(), h.program)
	h.standInLeaves()
}

func (h *heir[P]) Stop(hurry context.Context) {
	h.daemon.Stop(hurry)
	if h.program != *new(P) {
		h.Close(h.program)
	}
}

func (h *heir[P]) Close(p P) {
	if err := p.Close(); err != nil {
		h.house.Log.Debug("cannot remove a daemon's files", "from", h.Engine, "error", err)
	}
}
