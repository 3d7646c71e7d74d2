package tiers

import (
	"context"
	"fmt"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/supervise"
)

// Launch keeps a process running from now on.
func (e *House) Launch(p supervise.Process) (*supervise.Kept, error) {
	r, err := e.keeper(p)
	if err == nil {
		r.Begin()
	}
	return r, err
}

// keeper makes ready to keep a process running, and to log what becomes of it.
func (e *House) keeper(p supervise.Process) (*supervise.Kept, error) {
	tell := p.OnChange
	p.OnChange = func(s supervise.Status) {
		e.changed(s)
		if tell != nil {
			tell(s)
		}
	}
	return supervise.Keep(p, e.Instance)
}

// launchReady keeps a process running and waits until it answers. One that does not
// answer in time is tried again all the same.
func (e *House) launchReady(ctx context.Context, g *generation.Generation, p supervise.Process) (*supervise.Kept, error) {
	r, err := e.Launch(p)
	if err != nil {
		return nil, err
	}
	return r, e.awaitReady(ctx, r, p.Name, patienceWith(g))
}

// startPatience is how long a daemon may take to answer before the builtin tier
// serves meanwhile, and sitePatience what it gets for each site besides. Most take a
// tenth of a second, but varnishd has to compile and stunnel to read the files of the
// sites: some ten milliseconds each, and more where the machine has much else to do.
const (
	startPatience = 30 * time.Second
	sitePatience  = 30 * time.Millisecond
)

// patienceWith is that of a generation.
func patienceWith(g *generation.Generation) time.Duration {
	return startPatience + time.Duration(len(g.Loaded.Edge.Sites))*sitePatience
}

// awaitReady waits until a daemon answers, no longer than it may take where
// somebody can stand in for it.
func (e *House) awaitReady(ctx context.Context, r *supervise.Kept, name string, patience time.Duration) error {
	waiting := ctx
	if !e.NoTakeover && !e.Served.Load() {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	err := r.WaitReady(waiting)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && waiting.Err() != nil:
		return fmt.Errorf("start %s: it has not answered for %s", name, patience)
	}
	return fmt.Errorf("start %s: %w", name, err)
}
