package tiers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/printable"
	"edgegen/internal/supervise"
	"edgegen/internal/wait"
)

// varnishRestart restarts varnishd while its stand-in serves. The new VCL has been
// tried before, so that a refusal ends nothing.
type varnishRestart struct {
	NoStep
	server         *varnishServer
	was, next      *generation.Generation
	tried          *varnishLoaded
	begun, drained bool
}

func (r *varnishRestart) Commit(ctx context.Context) error {
	r.tried.Abandon(ctx)
	return r.restart(ctx, r.next)
}

func (r *varnishRestart) Undo(ctx context.Context) error {
	v := r.server
	if !r.begun {
		return errors.Join(v.adopt(r.was), r.undrain(ctx), v.Republish(), v.standsNoLonger())
	}
	if err := r.restart(ctx, r.was); err != nil {
		return errors.Join(err, v.standsNoLonger())
	}
	return nil
}

func (r *varnishRestart) Abandon(ctx context.Context) { r.tried.Abandon(ctx) }

func (r *varnishRestart) restart(ctx context.Context, g *generation.Generation) error {
	v := r.server
	if !v.stands() && v.room.Load() == nil { // for as long as this takes
		if err := v.standInStarts(ctx, v.house.Serving()); err != nil {
			return err
		}
	}
	v.ending.Store(true)
	defer v.ending.Store(false)
	if err := v.publish(false); err != nil {
		return err
	}
	if v.runs() {
		r.drained = true
		v.drain(ctx)
	}
	if err := errors.Join(v.house.makeStorage(g), v.adopt(g)); err != nil {
		return err
	}
	r.begun = true
	v.planned.Store(true)
	err := v.process().Restart(ctx)
	v.planned.Store(false)
	v.ending.Store(false)
	if err != nil {
		return fmt.Errorf("restart varnishd: %w", err)
	}
	return v.handBackTo(ctx, g)
}

// undrain has a varnishd that was drained take connections as before.
func (r *varnishRestart) undrain(ctx context.Context) error {
	if !r.drained || !r.server.runs() {
		return nil
	}
	return r.server.native.Resume(ctx)
}

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
	v.house.Log.Warn("has ended and does not start; it will get the new configuration when it does", "from", v.Engine, "error", printable.FirstLine(err))
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
