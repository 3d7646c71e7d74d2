package tiers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/supervise"
	"edgegen/internal/unixsocket"
)

// publish makes the cache tier's sockets lead to varnishd or to its stand-in.
func (v *varnishServer) publish(well bool) error {
	v.publishing.Lock()
	defer v.publishing.Unlock()
	layout := v.house.Layout
	cache, plain := layout.VarnishSocket(), layout.VarnishPlain()
	if v.gone || !well && !v.stands() && v.room.Load() == nil {
		return nil
	}
	if !well {
		v.stood.Store(true)
		cache, plain = layout.StandbySocket(), layout.StandbyPlain()
	}
	return errors.Join(unixsocket.Publish(cache, layout.CacheSocket()), unixsocket.Publish(plain, layout.PlainSocket()))
}

// childDied has varnishd started anew, which serves nothing without its child. It is
// called twice for one death: when the kernel tells of it, and when varnishd's manager
// does.
func (v *varnishServer) childDied(varnishd int, reason error) {
	r := v.process()
	if r == nil || v.planned.Load() || r.Status().PID != varnishd {
		return
	}
	if err := v.publish(false); err != nil {
		v.house.Log.Error("cannot switch the cache tier's socket", "error", err)
	}
	v.house.Later.Go(func() {
		// The stand-in serves meanwhile.
		if said := v.native.Panic(v.house.Life); said != "" {
			reason = fmt.Errorf("%w: %s", reason, said)
		}
		if r.Status().PID == varnishd { // nobody was quicker
			_ = r.Abort(v.house.Life, reason)
		}
	})
}

// processChanged leads requests away from a varnishd that does not run.
func (v *varnishServer) processChanged(s supervise.Status) {
	if err := v.publish(s.State == supervise.Running); err != nil {
		v.house.Log.Error("cannot switch the cache tier's socket", "error", err)
	}
	v.changed()
}

// leaves lets others have the cache tier's sockets.
func (v *varnishServer) leaves() {
	v.planned.Store(true)
	v.publishing.Lock()
	defer v.publishing.Unlock()
	v.gone = true
}

// Republish leads requests here again, after another server had taken over and that was
// undone.
func (v *varnishServer) Republish() error { return v.publish(v.runs()) }

// takeOver has nothing to start: the stand-in serves already.
func (v *varnishServer) takeOver(context.Context) error { return v.publish(false) }

// handBack leads requests to varnishd again, and gives the next fall a stand-in
// with an empty cache.
func (v *varnishServer) handBack(ctx context.Context) error {
	return v.handBackTo(ctx, v.house.Serving())
}

func (v *varnishServer) handBackTo(ctx context.Context, g *generation.Generation) error {
	if err := v.publish(true); err != nil {
		return err
	}
	return v.standBy(ctx, g)
}

// standsNoLonger ends a stand-in that was for a restart alone, as takeovers have
// been ruled out.
func (v *varnishServer) standsNoLonger() error {
	if !v.house.NoTakeover {
		return nil
	}
	v.standInLeaves()
	return errors.Join(v.house.letGo(v.house.Layout.StandbySocket()), v.house.letGo(v.house.Layout.StandbyPlain()))
}

// refresh makes another stand-in where this one has been asked: what it stored
// would grow stale unnoticed. It also looks after what a purge leaves to do.
func (v *varnishServer) refresh(ctx context.Context) error {
	if v.stood.CompareAndSwap(true, false) && v.stands() {
		if err := v.standInStarts(ctx, v.house.Serving()); err != nil {
			return err
		}
	}
	if v.room.Load() != nil {
		if err := v.standBy(ctx, v.house.Serving()); err != nil {
			return err
		}
	}
	if v.house.Away.Load() { // the VCL of a reload has not heard of it
		if err := v.Dismiss(ctx, true); err != nil {
			return err
		}
	}
	return v.native.TendPurges(ctx)
}

func (v *varnishServer) Dismiss(ctx context.Context, clients bool) error {
	if v.native == nil || !v.runs() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lastTime)
	defer cancel()
	return v.native.Dismiss(ctx, clients)
}

// beforeName is added to the name of a varnishd's directory when another one is
// to have that.
const beforeName = ".before"

// makeWay lets another varnishd have the directory. This varnishd may end at any moment
// now, for want of its files. It must not be started again: it would remove the sockets of
// its successor.
func (v *varnishServer) makeWay() {
	v.planned.Store(true)
	v.madeWay.Store(true)
	retiring, cancel := context.WithTimeout(v.house.Life, lastTime)
	err := v.process().Retire(retiring, 0)
	cancel()
	if errors.Is(err, supervise.ErrNotRunning) {
		err = nil // it has ended already
	}
	v.native.RecordsItsOwn()
	dir := v.house.Layout.VarnishDir()
	err = errors.Join(err, os.RemoveAll(dir+beforeName))
	if renamed := os.Rename(dir, dir+beforeName); !errors.Is(renamed, os.ErrNotExist) {
		err = errors.Join(err, renamed)
	}
	if err != nil {
		v.house.Log.Warn("cannot move the old varnishd's directory aside", "error", err)
	}
}

// fade kills it when its last connection has ended, WebSockets among them. Unlike
// one that is retired it has a directory of its own, or none.
func (v *varnishServer) fade() {
	v.leaves()
	v.endGuard()
	v.standInLeaves()
	e := v.house
	e.Later.Go(func() {
		defer os.RemoveAll(e.Layout.VarnishDir() + beforeName) // or with the runtime directory
		defer v.Stop(e.Life)
		// Asked to end, its manager would open its sockets once more, in place of
		// those of the varnishd that serves.
		defer v.process().Kill()
		telling, cancel := context.WithTimeout(e.Life, reloadTime)
		defer cancel()
		if v.process().Ended() {
			return
		}
		if err := v.native.Fade(telling); err != nil {
			e.Log.Warn("cannot drain the replaced varnishd; stopping it", "error", err)
			return
		}
		limit := time.After(e.Serving().Loaded.Edge.Timeout.Drain)
		for {
			left, unknown := v.native.Clients()
			if left == 0 && unknown == nil {
				return
			}
			if unknown == nil {
				limit = nil // it is seen when the last one has gone
			}
			select {
			case <-limit:
				return
			case <-time.After(leavingPause):
			case <-v.process().Done():
				return
			case <-e.Life.Done():
				return
			}
		}
	})
}
