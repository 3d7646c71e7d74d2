package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
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

	unreached []server // do not go on, although others of their kind serve afterwards

	apps    *appsChange
	changes []*change // of the servers, from the inside out
	servers []server  // that serve afterwards, from the inside out
	leaving []server  // that do not any longer
	access  *accesslog.Change
	monitor *monitorChange
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
	t = &transaction{edge: e, was: e.serving()}
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
	if t.monitor, err = e.monitor.prepare(t.next.Public.Metrics); err != nil {
		return err
	}
	if t.traces, err = e.prepareTraces(t.was, t.next); err != nil {
		return err
	}
	if err := e.write(t.next); err != nil {
		return err
	}
	if t.apps, err = e.stageApps(t.next); err != nil {
		return err
	}
	return t.stageServers(ctx)
}

// stageServers has every server that goes on prepare its change, and makes
// those that are new.
func (t *transaction) stageServers(ctx context.Context) error {
	e := t.edge
	t.changes, t.servers, t.leaving = nil, nil, slices.Clone(e.serversNow())
	for _, fresh := range e.arrangement(t.next) {
		at := slices.IndexFunc(t.leaving, func(s server) bool { return s.key() == fresh.key() && !slices.Contains(t.unreached, s) })
		if at < 0 {
			t.servers = append(t.servers, fresh)
			t.changes = append(t.changes, e.begin(fresh, t.next))
			continue
		}
		going := t.leaving[at]
		t.leaving = slices.Delete(t.leaving, at, at+1)
		t.servers = append(t.servers, going)
		c, err := going.stage(ctx, t.next)
		if c != nil {
			t.changes = append(t.changes, c) // to be abandoned too, as far as it got
		}
		e.turns.step()
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
		t.edge.options.Log.Warn("close an access log that is not used", "error", err)
	}
	_ = t.monitor.abandon() // nothing was written to a listener
	t.traces.abandon()
	t.edge.quic.release(t.pool.Opened)
	generation.CloseListeners(t.pool.Opened)
	if t.next != nil {
		t.next.Backends.Drop()
		t.edge.remove(t.next)
	}
}

func (t *transaction) abandonServers(ctx context.Context) {
	for _, c := range t.changes {
		c.abandon(ctx)
	}
}

// commit makes the next generation the one that is served. On an error every
// tier serves the old one again, or else it is a brokenError.
func (t *transaction) commit(ctx context.Context) error {
	begun, err := t.advance(ctx)
	if err == nil {
		t.finish(context.WithoutCancel(ctx)) // for every step of it has a limit
		return nil
	}
	if undone := t.rollBack(ctx, begun); undone != nil {
		return &brokenError{refused: err, undone: undone}
	}
	return err
}

// advance commits one change after another, and returns how many changes of
// servers it has begun.
func (t *transaction) advance(ctx context.Context) (begun int, err error) {
	if err := t.commitApps(ctx); err != nil {
		return 0, err
	}
	for _, s := range t.edge.serversNow() {
		if r, ok := s.(recorder); ok {
			r.catchUp() // what has been answered is for the access log and the collector of before
		}
	}
	for _, s := range t.leaving {
		if l, ok := s.(leaver); ok {
			if err := l.leaving(ctx); err != nil {
				return 0, fmt.Errorf("prepare another engine: %w", err)
			}
		}
	}
	if err := t.edge.enter(t.next); err != nil {
		return 0, err
	}
	t.began = time.Now()
	t.edge.backends.use(t.next)
	for i, c := range t.changes {
		t.edge.turns.step()
		if err := c.commit(ctx); err != nil {
			return i + 1, err
		}
	}
	return len(t.changes), nil
}

// A brokenError says that a reload failed, and that at least one tier could not
// be put back as it was.
type brokenError struct{ refused, undone error }

func (b *brokenError) Error() string {
	return fmt.Sprintf("%v; and the edge could not be put back whole: %v", b.refused, b.undone)
}

func (b *brokenError) Unwrap() []error { return []error{b.refused, b.undone} }

func isBroken(err error) bool {
	broken := (*brokenError)(nil)
	return errors.As(err, &broken)
}

// stay has the servers go on that were to leave, and leads requests to those that serve.
func (t *transaction) stay() error {
	for _, s := range t.leaving {
		if l, ok := s.(leaver); ok {
			l.stays()
		}
	}
	var problems []error
	for _, s := range t.edge.serversNow() {
		if p, ok := s.(publisher); ok {
			problems = append(problems, p.republish())
		}
	}
	return errors.Join(problems...)
}

// undoTime bounds how long one change may take to be taken back.
const undoTime = 30 * time.Second

// rollBack takes back the changes of servers that have been begun, and those of
// the apps. It does not wait for that where the edge is to stop at once.
func (t *transaction) rollBack(ctx context.Context, begun int) error {
	e := t.edge
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(e.hurry, cancel)()
	// Requests are led the old way before a new server is stopped, and once more
	// afterwards: a new server that dies may have led them to itself.
	problems := []error{e.enter(t.was), t.stay()}
	e.backends.use(t.was)
	for _, c := range slices.Backward(t.changes[:begun]) {
		e.turns.step()
		undoing, done := context.WithTimeout(ctx, undoTime)
		problems = append(problems, c.undo(undoing))
		done()
	}
	problems = append(problems, t.stay(), t.undoApps(ctx))
	// What has been undone must not be abandoned as well.
	t.changes = t.changes[begun:]
	t.abandon(ctx)
	return errors.Join(problems...)
}

// finish records the generation and lets go of what only the old one needed.
func (t *transaction) finish(ctx context.Context) {
	e := t.edge
	e.mu.Lock()
	e.generation, e.servers, e.apps = t.next, t.servers, t.apps.apps
	e.mu.Unlock()
	if err := t.access.Commit(); err != nil {
		e.logNotReopened(err)
	}
	e.counting.Store(t.next.Loaded.Edge.Metrics != nil)
	e.counter.Keep(waysOf(t.next.Loaded.Edge))
	t.monitor.commit()
	t.traces.commit()
	t.apps.finish()
	for _, c := range t.changes {
		c.finish(ctx)
	}
	for _, s := range t.leaving {
		if w, ok := s.(inTheWay); ok && slices.Contains(t.unreached, s) {
			w.fade()
		} else {
			s.retire()
		}
	}
	// The new generation did not take the listeners that are left in the pool.
	before := e.spare
	e.quic.release(t.pool.Open)
	e.spare = generation.DropListeners(t.pool.Open)
	e.warnSpare(before)
	t.was.Backends.Drop()
	e.remove(t.was)
	e.order(t.next)
	e.options.SetLevel(t.next.Loaded.Edge.Log.Level)
}
