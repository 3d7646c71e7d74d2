package tiers

import (
	"context"
	"time"

	"edgegen/internal/printable"
	"edgegen/internal/supervise"
	"edgegen/internal/wait"
)

// noticeTime is how long it may take until edgegen knows of the end of a process that
// others have noticed.
const noticeTime = time.Second

// hasEnded reports whether the varnishd with the number has ended.
func (v *varnishServer) hasEnded(ctx context.Context, varnishd int) bool {
	ctx, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	for {
		if now := v.process().Status(); now.State != supervise.Running || now.PID != varnishd {
			return true
		}
		if !wait.For(ctx, backPause) {
			return false
		}
	}
}

// settle makes sure that the varnishd which follows one that has ended serves what is in
// use. While that takes long the stand-in serves it, as it does for a varnishd that was
// down before.
func (v *varnishServer) settle(ctx context.Context, ended int) error {
	if err := v.process().Update(v.describe()); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	err := v.follows(waiting, ended)
	if err == nil { // it may have come up before that was in use
		err = v.back(waiting, v.probe(waiting))
	}
	if err == nil || ctx.Err() != nil || !v.stands() || v.runs() {
		return err
	}
	v.house.Log.Warn("has ended and does not come up; it gets what is new when it does", "from", v.Engine, "error", printable.FirstLine(err))
	return nil
}

// anotherOf replaces a varnishd that cannot be told to go back by another one, which
// starts with what is in use.
func (v *varnishServer) anotherOf(ctx context.Context, told int, err error) error {
	if r := v.process(); r.Status().PID == told {
		if aborted := r.Abort(ctx, err); aborted != nil {
			return aborted
		}
	}
	return v.settle(ctx, told)
}
