package tiers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/printable"
	"edgegen/internal/wait"
)

// calmTime is how long a daemon must have answered every probe before it is no longer
// called busy. While it is busy a probe gets in now and then, as clients come and go.
const calmTime = 10 * time.Second

// isBusy notes why the daemon takes nothing new, nil if it does, and logs that when it
// changes.
func (d *daemon) isBusy(why error) {
	d.mu.Lock()
	was := d.busy
	switch {
	case why != nil:
		d.busy, d.crowded = why, time.Now()
	case time.Since(d.crowded) > calmTime:
		d.busy = nil
	}
	now := d.busy
	d.mu.Unlock()
	switch {
	case was == nil && now != nil:
		d.house.Log.Warn("is busy; its open connections go on", "from", d.Engine, "reason", printable.FirstLine(why))
	case was != nil && now == nil:
		d.house.Log.Info("accepts connections again", "from", d.Engine)
	}
}

// noLongerBusy is called when the daemon does not run.
func (d *daemon) noLongerBusy() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = nil
}

// back has the daemon serve what it served before a reload. A daemon that does not obey
// is started anew; err says how it answered.
func (d *daemon) back(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, native.ErrBusy) {
		d.house.Log.Warn("is too busy to say which configuration it serves", "from", d.Engine, "error", printable.FirstLine(err))
		return nil // it has been told, and what is open would be lost with it
	}
	d.house.Log.Error("does not switch to the new configuration; killing it and starting it again", "from", d.Engine, "error", printable.FirstLine(err))
	r := d.process()
	ended := r.Status().PID
	if aborted := r.Abort(ctx, err); aborted != nil {
		return aborted
	}
	if d.follows(ctx, ended) != nil {
		return fmt.Errorf("%s does not serve what it is to serve: %w", d.Engine, err)
	}
	return nil
}

// follows waits until a process is ready that is not the one that has ended.
func (d *daemon) follows(ctx context.Context, ended int) error {
	for {
		r := d.process()
		err := r.WaitReady(ctx)
		if err == nil && r.Status().PID != ended {
			return nil
		}
		if !wait.For(ctx, backPause) {
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

// backPause is between two looks at a daemon that is started anew.
const backPause = 50 * time.Millisecond
