package tiers

import (
	"context"
	"errors"
	"fmt"

	"edgegen/internal/generation"
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
