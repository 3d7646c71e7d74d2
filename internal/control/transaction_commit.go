package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"edgegen/internal/tiers"
)

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
	t.edge.CatchUp() // what has been answered is for the access log and the collector of before
	if err := tiers.PrepareToLeave(ctx, t.leaving); err != nil {
		return 0, fmt.Errorf("prepare another engine: %w", err)
	}
	if err := t.edge.enter(t.next); err != nil {
		return 0, err
	}
	t.began = time.Now()
	t.edge.Backends.Use(t.next)
	t.edge.together(t.next)
	for i, c := range t.changes {
		t.edge.Turns.Step()
		if err := c.Commit(ctx); err != nil {
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
	tiers.Stay(t.leaving)
	return t.edge.Republish()
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
	e.Backends.Use(t.was)
	e.together(t.was)
	for _, c := range slices.Backward(t.changes[:begun]) {
		e.Turns.Step()
		undoing, done := context.WithTimeout(ctx, undoTime)
		problems = append(problems, c.Undo(undoing))
		done()
	}
	problems = append(problems, t.stay(), t.undoApps(ctx))
	// What has been undone must not be abandoned as well.
	t.changes = t.changes[begun:]
	t.abandon(ctx)
	return errors.Join(problems...)
}

// commitApps starts the apps that are new or have changed. An app may take minutes
// to start, so the guards look after the daemons meanwhile. Where a guard has put
// another process in charge of a tier by then, the changes of the servers are
// staged again.
func (t *transaction) commitApps(ctx context.Context) error {
	if !t.apps.Touches() {
		return nil
	}
	before := t.edge.Condition()
	var err error
	t.edge.Turns.Lend(func() { err = t.apps.Commit(ctx) })
	if err != nil || slices.Equal(before, t.edge.Condition()) {
		return err
	}
	t.abandonServers(context.WithoutCancel(ctx))
	if err := t.stageServers(ctx); err != nil {
		return err
	}
	if uncounted := t.planServers(); uncounted != nil || t.planned.TierSockets() > 0 {
		t.warnOfEnds(uncounted)
	}
	return nil
}

// undoApps has the apps of the generation before run again. It takes no longer
// than starting and ending them may take.
func (t *transaction) undoApps(ctx context.Context) error {
	if !t.apps.Begun {
		return nil
	}
	var err error
	t.edge.Turns.Lend(func() { err = t.apps.Undo(ctx) })
	return err
}
