package tiers

import (
	"context"
	"sync/atomic"
	"time"
)

// turns lets those who change the edge do so one after another. newTurns makes one.
type turns struct {
	// whole is held by whatever changes the edge as a whole: the start, a reload or the
	// stop. Its holder holds now as well, and may lend now to the guards.
	whole chan struct{}
	// now is held by whatever changes anything at this moment, guards included.
	now  chan struct{}
	Busy atomic.Pointer[time.Time] // since when the step of now goes on; nil where none does
}

func newTurns() *turns {
	return &turns{whole: make(chan struct{}, 1), now: make(chan struct{}, 1)}
}

// Begin waits until the edge as a whole may be changed, and end lets the next
// one begin.
func (t *turns) Begin(ctx context.Context) error {
	if err := take(ctx, t.whole); err != nil {
		return err
	}
	if err := t.Look(ctx); err != nil {
		<-t.whole
		return err
	}
	return nil
}

func (t *turns) End() {
	t.Looked()
	<-t.whole
}

// Look waits until one daemon may be looked after, and looked ends that.
func (t *turns) Look(ctx context.Context) error {
	if err := take(ctx, t.now); err != nil {
		return err
	}
	t.Step()
	return nil
}

func (t *turns) Looked() {
	t.Busy.Store(nil)
	<-t.now
}

// Step notes that the holder of the turn makes progress, which the watchdog looks at.
func (t *turns) Step() {
	now := time.Now()
	t.Busy.Store(&now)
}

// Lend has the guards look after the daemons while whoever has the turn waits
// for something that may take long.
func (t *turns) Lend(wait func()) {
	t.Looked()
	defer func() {
		t.now <- struct{}{} // each step of a look has a limit
		t.Step()
	}()
	wait()
}

func take(ctx context.Context, room chan struct{}) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
