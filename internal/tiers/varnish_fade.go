package tiers

import (
	"context"
	"errors"
	"os"
	"time"

	"edgegen/internal/supervise"
)

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
		v.house.Log.Warn("put a varnishd and its directory aside", "error", err)
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
			e.Log.Warn("the varnishd that was replaced cannot be told to finish; it is ended", "error", err)
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
