package control

import (
	"cmp"
	"context"
	"slices"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/api"
	"edgegen/internal/apps"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/monitor"
	"edgegen/internal/render"
	"edgegen/internal/tiers"
)

// transaction is one reload. Everything that can fail is staged while the old
// generation is served; then it is committed from the inside out, and taken
// back where a tier does not follow.
type transaction struct {
	edge     *Edge
	was      *generation.Generation
	next     *generation.Generation
	warnings config.Diagnostics
	pool     *generation.Pool

	unreached []tiers.Server // do not go on, although others of their kind serve afterwards

	apps    *apps.Change
	changes []*tiers.Change // of the servers, from the inside out
	servers []tiers.Server  // that serve afterwards, from the inside out
	leaving []tiers.Server  // that do not any longer
	access  *accesslog.Change
	monitor *monitor.Change
	traces  *tracesChange
	began   time.Time // when the first tier was to follow
	planned api.Plan  // what was told of all that
}

// stage prepares a reload. Where it fails, nothing has changed.
func (e *Edge) stage(ctx context.Context, of api.Planned) (*transaction, error) {
	path := cmp.Or(of.Site, e.options.Site)
	loaded, diagnostics, err := e.source.loadInstead(ctx, path, of.Given)
	if err != nil {
		return nil, err
	}
	e.options.secrets.learn(loaded.Edge)
	own, err := render.ReadTemplates(cmp.Or(of.Templates, e.options.Templates))
	if err != nil {
		return nil, config.Refusal(err)
	}
	return e.stageLoaded(ctx, path, own, &config.Findings{Loaded: loaded, All: diagnostics})
}

// stageLoaded is stage of a site, and of templates of one's own, that have been read.
func (e *Edge) stageLoaded(ctx context.Context, path string, own *render.Templates, found *config.Findings) (t *transaction, err error) {
	t = &transaction{edge: e, was: e.Serving()}
	t.pool = &generation.Pool{Open: append(t.was.Public.All(), e.spare...)}
	defer func() {
		if err != nil {
			t.abandon(ctx)
		}
	}()
	loaded := found.Loaded
	if t.next, err = e.generate(ctx, loaded, path, own, t.was, t.pool, found); err != nil {
		return t, err
	}
	t.warnings = found.All
	return t, t.stageGeneration(ctx)
}

// stageGeneration prepares a reload to a generation that has been made already.
func (t *transaction) stageGeneration(ctx context.Context) (err error) {
	e, loaded := t.edge, t.next.Loaded
	if t.access, err = e.access.Prepare(t.was.Loaded.Edge.Log, loaded.Edge.Log); err != nil {
		return config.RefusedAt(loaded, loaded.Edge.Log.Source, err, `name a file in a directory that is there, "stdout" or "off"`)
	}
	if err := e.join(t.next); err != nil {
		return err
	}
	if t.monitor, err = e.monitor.Prepare(t.next.Public.Metrics); err != nil {
		return err
	}
	if t.traces, err = e.prepareTraces(t.was, t.next); err != nil {
		return err
	}
	if err := e.write(t.next); err != nil {
		return err
	}
	if t.apps, err = e.apps.Stage(t.next); err != nil {
		return err
	}
	return t.stageServers(ctx)
}

// stageServers has every server that goes on prepare its change, and makes
// those that are new.
func (t *transaction) stageServers(ctx context.Context) error {
	e := t.edge
	t.changes, t.servers, t.leaving = nil, nil, slices.Clone(e.Servers())
	for _, fresh := range e.Arrangement(t.next) {
		at := slices.IndexFunc(t.leaving, func(s tiers.Server) bool { return s.Key() == fresh.Key() && !slices.Contains(t.unreached, s) })
		if at < 0 {
			t.servers = append(t.servers, fresh)
			t.changes = append(t.changes, e.Begin(fresh, t.next))
			continue
		}
		going := t.leaving[at]
		t.leaving = slices.Delete(t.leaving, at, at+1)
		t.servers = append(t.servers, going)
		c, err := going.Stage(ctx, t.next)
		if c != nil {
			t.changes = append(t.changes, c) // to be abandoned too, as far as it got
		}
		e.Turns.Step()
		if err != nil {
			return err
		}
	}
	return nil
}

// abandon takes back what was staged.
func (t *transaction) abandon(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	t.abandonServers(ctx)
	if err := t.access.Abandon(); err != nil {
		t.edge.options.Log.Warn("cannot close an unused access log", "error", err)
	}
	_ = t.monitor.Abandon() // nothing was written to a listener
	t.traces.abandon()
	t.edge.LetGoOf(t.pool.Opened)
	generation.CloseListeners(t.pool.Opened)
	if t.next != nil {
		t.next.Backends.Drop()
		t.edge.remove(t.next)
	}
}

func (t *transaction) abandonServers(ctx context.Context) {
	for _, c := range t.changes {
		c.Abandon(ctx)
	}
}

// finish records the generation and lets go of what only the old one needed.
func (t *transaction) finish(ctx context.Context) {
	e := t.edge
	e.Serve(t.next, t.servers)
	if err := t.access.Commit(); err != nil {
		e.logNotReopened(err)
	}
	e.counting.Store(t.next.Loaded.Edge.Metrics != nil)
	e.counter.Keep(waysOf(t.next.Loaded.Edge))
	t.monitor.Commit()
	t.traces.commit()
	t.apps.Finish()
	for _, c := range t.changes {
		c.Finish(ctx)
	}
	tiers.Retire(t.leaving, t.unreached)
	// The new generation did not take the listeners that are left in the pool.
	before := e.spare
	e.LetGoOf(t.pool.Open)
	e.spare = generation.DropListeners(t.pool.Open)
	e.warnSpare(before)
	t.was.Backends.Drop()
	e.remove(t.was)
	e.order(t.next)
	e.options.SetLevel(t.next.Loaded.Edge.Log.Level)
}

func (e *Edge) logNotReopened(err error) {
	e.options.Log.Error("cannot reopen the access log; lines go on to the old file", "error", err)
}
