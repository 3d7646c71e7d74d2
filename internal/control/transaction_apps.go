package control

import (
	"context"
	"errors"
	"slices"

	"edgegen/internal/supervise"
)

// commitApps starts the apps that are new or other ones. Daemons are looked
// after meanwhile, for an app may take minutes; if another one serves then, what
// was staged for the servers no longer holds and is staged again.
func (t *transaction) commitApps(ctx context.Context) error {
	if !slices.ContainsFunc(t.appChanges, (*change).touches) {
		return nil
	}
	before := t.edge.condition()
	var err error
	t.edge.turns.lend(func() {
		for i, c := range t.appChanges {
			t.appsBegun = i + 1
			if err = call(ctx, c.commit); err != nil {
				return
			}
		}
	})
	if err != nil || slices.Equal(before, t.edge.condition()) {
		return err
	}
	t.abandonServers(context.WithoutCancel(ctx))
	return t.stageServers(ctx)
}

// undoApps has the apps of before run again.
func (t *transaction) undoApps(ctx context.Context) error {
	if t.appsBegun == 0 {
		return nil
	}
	var problems []error
	t.edge.turns.lend(func() {
		for _, c := range slices.Backward(t.appChanges[:t.appsBegun]) {
			undoing, done := context.WithTimeout(ctx, undoTime)
			problems = append(problems, call(undoing, c.undo))
			done()
		}
	})
	t.appsBegun = 0
	return errors.Join(problems...)
}

// condition tells which processes and stand-ins serve the tiers.
func (e *Edge) condition() []tierCondition {
	var all []tierCondition
	for _, s := range e.serversNow() {
		if g, ok := s.(guarded); ok {
			d := g.base()
			now := d.process().Status()
			d.mu.Lock()
			all = append(all, tierCondition{now.PID, now.State, d.taken, d.standIn})
			d.mu.Unlock()
		}
	}
	return all
}

type tierCondition struct {
	pid      int
	state    supervise.State
	degraded bool
	standIn  *plane
}
