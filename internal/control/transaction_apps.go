package control

import (
	"context"
	"slices"
)

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
