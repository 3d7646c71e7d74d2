package tiers

import (
	"context"
	"errors"
	"fmt"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/printable"
	"edgegen/internal/site"
)

// startFailed decides what becomes of a start in which a daemon does not come
// up: the builtin tier serves, unless that was ruled out or the site is at fault.
func (d *daemon) startFailed(ctx context.Context, server guarded, g *generation.Generation, err error) error {
	if ctx.Err() != nil || d.alone(g) || config.IsRefused(err) || d.process() == nil {
		return err
	}
	if stands := d.standInStarts(ctx, g); stands != nil {
		return fmt.Errorf("%w; and the builtin tier cannot stand in: %w", err, stands)
	}
	d.tookOver(err)
	d.guarded(server)
	return nil
}

// alone reports that nobody may serve in the daemon's place: takeovers are ruled out, or
// there is something in its own language, such as who may come in, that a builtin tier
// would not know of.
func (d *daemon) alone(g *generation.Generation) bool {
	return d.house.NoTakeover || d.bonded(g)
}

func (d *daemon) bonded(g *generation.Generation) bool { return g.Engines[d.Role].Bond.Daemon != "" }

// tookOver notes down that the stand-in serves in the place of a daemon that is down.
func (d *daemon) tookOver(reason error) {
	d.takenFor(reason)
	d.house.Log.Error("the builtin tier serves in its place; trying the daemon again", "from", d.Engine, "role", d.tiers(), "reason", reasonOf(d.process().Status().Name, reason))
	d.house.edge.TookOver(d.Roles())
}

func (d *daemon) takenFor(reason error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken, d.reason = true, reason
}

// servesMeanwhile notes down that the stand-in serves until a daemon, with which nothing
// is wrong, is ready for the first time.
func (d *daemon) servesMeanwhile(reason error) {
	d.takenFor(reason)
	d.house.Log.Info("is not ready yet; the builtin tier serves meanwhile", "from", d.Engine, "role", d.tiers(), "reason", reason)
}

// handedBack notes down that the daemon serves itself again.
func (d *daemon) handedBack() {
	d.mu.Lock()
	d.taken, d.reason = false, nil
	d.mu.Unlock()
	d.house.Log.Info("answers again and serves its tier", "from", d.Engine, "role", d.tiers())
	d.house.edge.HandedBack()
}

// checkWhileDown has a daemon that is down check the file of the next generation. One
// that refuses even the file that it served before is itself at fault, and must not keep
// the others from the next generation.
func (d *daemon) checkWhileDown(ctx context.Context, was, next *generation.Generation, check func(context.Context, *generation.Generation) error) error {
	err := check(ctx, next)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if config.IsRefused(err) && check(ctx, was) == nil {
		return err
	}
	d.house.Log.Warn("cannot check its new configuration while it is down", "from", d.Engine, "error", printable.FirstLine(err))
	return nil
}

// standInStarts has a plane serve on the daemon's sockets.
func (d *daemon) standInStarts(ctx context.Context, g *generation.Generation) error {
	tiers := d.Roles()
	if g.Fronted() { // then it has all of them, and asks nobody
		tiers = []string{site.WebTier, site.CacheTier, site.TLSTier}
	}
	stand := newPlane(d.house, g, tiers)
	stand.standIn, stand.fronted = true, false
	if err := stand.Start(ctx, g); err != nil {
		stand.Stop(d.house.Life)
		return err
	}
	d.mu.Lock()
	before := d.standIn
	d.standIn = stand
	d.mu.Unlock()
	if before != nil {
		before.retire()
	}
	return nil
}

// standInWork is what the plane has in work; nothing where there is none.
func (d *daemon) standInWork() native.Activity {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.standIn == nil {
		return native.Activity{}
	}
	return d.standIn.work()
}

// stands reports whether there is a stand-in, be it that it serves or that it waits to.
func (d *daemon) stands() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.standIn != nil
}

// anew ends a process that has come up since the daemon was found down. That process was
// started for the generation before; the next start is for this one.
func (d *daemon) anew(ctx context.Context) error {
	r := d.process()
	if r.Status().PID == 0 {
		return nil
	}
	return r.Abort(ctx, errors.New("its configuration has changed since it was started"))
}

// standInLeaves has the plane finish what it has begun.
func (d *daemon) standInLeaves() {
	d.mu.Lock()
	stand := d.standIn
	d.standIn = nil
	d.mu.Unlock()
	if stand != nil {
		stand.retire()
	}
}

// standsAlone ends a stand-in that may not serve any longer.
func (d *daemon) standsAlone() {
	d.standInLeaves()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken, d.reason = false, nil
}

// guarded begins to watch over the daemon.
func (d *daemon) guarded(server guarded) {
	guard := d.house.watchOver(server)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.guard = guard
}

// cancelGuard ends the watch, and endGuard waits until it has ended.
func (d *daemon) cancelGuard() *guard {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.guard != nil {
		d.guard.cancel()
	}
	return d.guard
}

func (d *daemon) endGuard() {
	if guard := d.cancelGuard(); guard != nil {
		<-guard.done
	}
}

// changed has the guard look at once at what became of the process.
func (d *daemon) changed() {
	d.mu.Lock()
	guard := d.guard
	d.mu.Unlock()
	if guard != nil {
		guard.Look()
	}
}
