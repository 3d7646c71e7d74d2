package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/render"
)

// transaction is one reload. Everything that can fail is staged while the old
// generation is served; then it is committed from the inside out, and taken
// back where a tier does not follow.
type transaction struct {
	edge     *Edge
	was      *generation
	next     *generation
	warnings config.Diagnostics
	pool     *pool

	changes []*change // from the inside out, apps first
	servers []server  // that serve afterwards, from the inside out
	leaving []server  // that do not any longer
	apps    []*app
	access  *accessChange
}

// stage prepares the site at the path. Where it fails nothing has changed.
func (e *Edge) stage(ctx context.Context, path string) (t *transaction, err error) {
	t = &transaction{edge: e, was: e.serving()}
	t.pool = &pool{open: append(t.was.public.all(), e.spare...)}
	defer func() {
		if err != nil {
			t.abandon(ctx)
		}
	}()
	load := e.source.load
	if path != e.source.path {
		load = func(ctx context.Context) (*config.Loaded, config.Diagnostics, error) { return Load(ctx, path) }
	}
	loaded, diagnostics, err := load(ctx)
	if err != nil {
		return t, err
	}
	found := &findings{loaded: loaded, all: diagnostics}
	if t.next, err = e.generate(ctx, loaded, path, t.was, t.pool, found); err != nil {
		return t, err
	}
	if t.access, err = e.access.prepare(t.was.loaded.Edge.Log, loaded.Edge.Log); err != nil {
		return t, refusedAt(loaded, loaded.Edge.Log.Source, err, `name a file in a directory that is there, "stdout" or "off"`)
	}
	if err := e.write(t.next); err != nil {
		return t, err
	}
	changes, apps := e.stageApps(t.next)
	t.changes, t.apps = changes, apps
	if err := t.stageServers(ctx); err != nil {
		return t, err
	}
	t.warnings = found.all
	return t, nil
}

// stageServers has every server that goes on prepare its change, and makes
// those that are new.
func (t *transaction) stageServers(ctx context.Context) error {
	e := t.edge
	now := e.serversNow()
	t.leaving = slices.Clone(now)
	for _, fresh := range e.arrangement(t.next) {
		at := slices.IndexFunc(t.leaving, func(s server) bool { return s.key() == fresh.key() })
		if at < 0 {
			t.servers = append(t.servers, fresh)
			t.changes = append(t.changes, e.newServer(fresh, t.next))
			continue
		}
		going := t.leaving[at]
		t.leaving = slices.Delete(t.leaving, at, at+1)
		t.servers = append(t.servers, going)
		c, err := going.stage(ctx, t.next)
		if c != nil {
			t.changes = append(t.changes, c) // to be abandoned too, as far as it got
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// newServer starts a server beside those that serve.
func (e *Edge) newServer(s server, next *generation) *change {
	c := &change{
		commit: func(ctx context.Context) error { return s.start(ctx, next) },
		undo: func(ctx context.Context) error {
			s.stop(ctx)
			return nil
		},
	}
	for _, role := range s.roles() {
		c.plans = append(c.plans, TierPlan{Role: role, Engine: string(next.engines[role].engine), Action: Restart,
			Why: []string{fmt.Sprintf("another engine: %s", next.engines[role].reason)}})
	}
	return c
}

// plan tells what the commit will do.
func (t *transaction) plan(ctx context.Context) Plan {
	plan := Plan{Tiers: []TierPlan{}, Backends: []AppPlan{}}
	for _, c := range t.changes {
		plan.Tiers = append(plan.Tiers, c.plans...)
		if c.app != nil {
			plan.Backends = append(plan.Backends, *c.app)
		}
	}
	order := roles()
	slices.SortFunc(plan.Tiers, func(a, b TierPlan) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	if t.access.changes() {
		plan.Tiers = append(plan.Tiers, TierPlan{Role: "edge", Engine: "edgegen", Action: Reload, Why: []string{"the access log"}})
	}
	for _, s := range t.leaving {
		ends := s.webSockets(ctx)
		for i := range plan.Tiers {
			if slices.Contains(s.roles(), plan.Tiers[i].Role) && ends > 0 {
				plan.Tiers[i].WebSockets, ends = ends, 0
			}
		}
	}
	for _, tier := range plan.Tiers {
		plan.WebSockets += tier.WebSockets
	}
	return plan
}

// abandon takes back what was staged.
func (t *transaction) abandon(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for _, c := range t.changes {
		if c.abandon != nil {
			c.abandon(ctx)
		}
	}
	if err := t.access.abandon(); err != nil {
		t.edge.options.Log.Warn("close an access log that is not used", "error", err)
	}
	closeListeners(t.pool.opened)
	if t.next != nil {
		t.edge.remove(t.next)
	}
}

// commit makes the next generation the one that is served. On an error every
// tier serves the old one again.
func (t *transaction) commit(ctx context.Context) error {
	e := t.edge
	for i, s := range t.leaving {
		if l, ok := s.(interface{ leaving(context.Context) error }); ok {
			if err := l.leaving(ctx); err != nil {
				t.stay(i)
				t.abandon(ctx)
				return fmt.Errorf("prepare another engine: %w", err)
			}
		}
	}
	if err := e.enter(t.next); err != nil {
		t.stay(len(t.leaving))
		t.abandon(ctx)
		return err
	}
	for i, c := range t.changes {
		if c.commit == nil {
			continue
		}
		if err := c.commit(ctx); err != nil {
			if undone := t.rollBack(ctx, i); undone != nil {
				return fmt.Errorf("%w; and the edge could not be put back whole: %w", err, undone)
			}
			return err
		}
	}
	t.finish(ctx)
	return nil
}

// stay has the first servers of those that were to leave go on.
func (t *transaction) stay(count int) {
	for _, s := range t.leaving[:count] {
		if l, ok := s.(interface{ stays() }); ok {
			l.stays()
		}
	}
}

// undoTime bounds how long one change may take to be taken back.
const undoTime = 30 * time.Second

// rollBack takes back what has been committed, and the change at which it
// failed. Whoever is in a hurry to stop need not wait for that.
func (t *transaction) rollBack(ctx context.Context, failed int) error {
	e := t.edge
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(e.hurry, cancel)()
	problems := []error{e.enter(t.was)}
	for i := failed; i >= 0; i-- {
		if undo := t.changes[i].undo; undo != nil {
			undoing, done := context.WithTimeout(ctx, undoTime)
			problems = append(problems, undo(undoing))
			done()
		}
	}
	t.stay(len(t.leaving))
	for _, s := range e.serversNow() {
		if p, ok := s.(interface{ republish() error }); ok {
			problems = append(problems, p.republish())
		}
	}
	// What has been undone must not be abandoned as well.
	t.changes = t.changes[failed+1:]
	t.abandon(ctx)
	return errors.Join(problems...)
}

// finish records the generation and lets go of what only the old one needed.
func (t *transaction) finish(ctx context.Context) {
	e := t.edge
	e.mu.Lock()
	e.generation, e.servers, e.apps = t.next, t.servers, t.apps
	e.mu.Unlock()
	if err := t.access.commit(); err != nil {
		e.options.Log.Warn("close the old access log", "error", err)
	}
	for _, c := range t.changes {
		if c.finish != nil {
			c.finish(ctx)
		}
	}
	for _, s := range t.leaving {
		s.retire()
	}
	// What is left in the pool the new generation did not take.
	e.spare = dropListeners(t.pool.open)
	e.remove(t.was)
	e.options.SetLevel(t.next.loaded.Edge.Log.Level)
}

// write puts the files of a generation on disk, beside those of others, and
// makes the link that will lead there.
func (e *Edge) write(g *generation) error {
	uid, gid := e.who.owner()
	before := ""
	if was := e.serving(); was != nil && was != g {
		before = e.dir(was)
	}
	if err := render.Place(e.dir(g), g.output.Files(), render.Owner{UID: uid, GID: gid}, before); err != nil {
		return err
	}
	return e.makeLinks(g)
}

// makeLinks makes the links that lead to a generation and back to the one that
// is served, so that neither way needs room on the disk when it is taken.
func (e *Edge) makeLinks(g *generation) error {
	for _, to := range []*generation{g, e.serving()} {
		if to == nil {
			continue
		}
		if err := os.Symlink(e.dir(to), e.link(to)); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("write generation %d: %w", to.number, err)
		}
	}
	return nil
}

func (e *Edge) link(g *generation) string { return e.dir(g) + ".link" }

// enter makes Layout.Dir lead to a generation.
func (e *Edge) enter(g *generation) error {
	if err := os.Rename(e.link(g), e.layout.Dir); err != nil {
		return fmt.Errorf("enter generation %d: %w", g.number, err)
	}
	return nil
}

// remove deletes the files of a generation that nobody uses.
func (e *Edge) remove(g *generation) {
	for _, path := range []string{e.link(g), e.dir(g)} {
		if err := os.RemoveAll(path); err != nil {
			e.options.Log.Warn("remove an old generation", "path", filepath.Base(path), "error", err)
		}
	}
}
