package tiers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"edgegen/internal/api"
	"edgegen/internal/dataplane"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// What is asked of all servers of an edge, of those that serve and of those that only finish
// what they have begun.

// WebSocketsTo counts the open WebSockets to some addresses.
func (e *House) WebSocketsTo(addresses []string) (int, error) {
	sum := 0
	for _, p := range e.planes() {
		sum += countOf(p.WebSocketsTo(), addresses)
	}
	var problems []error
	for _, s := range e.Servers() {
		if counter, ok := s.(socketCounter); ok {
			there, err := counter.WebSocketsTo()
			problems = append(problems, err)
			sum += countOf(there, addresses)
		}
	}
	return sum, errors.Join(problems...)
}

// OpenTo counts what builtin tiers have in work that goes to some addresses.
func (e *House) OpenTo(addresses []string) int {
	sum := 0
	for _, p := range e.planes() {
		sum += countOf(p.OpenTo(), addresses)
	}
	return sum
}

func countOf(open map[string]int, addresses []string) int {
	sum := 0
	for _, address := range addresses {
		sum += open[address]
	}
	return sum
}

// planes are those that serve, stand in for a daemon, or are being retired.
func (e *House) planes() []*dataplane.Plane {
	var all []*plane
	for _, s := range append(e.leaving.planes.all(), e.Servers()...) {
		switch s := s.(type) {
		case *plane:
			all = append(all, s)
		case guarded:
			d := s.base()
			d.mu.Lock()
			if d.standIn != nil {
				all = append(all, d.standIn)
			}
			d.mu.Unlock()
		}
	}
	var started []*dataplane.Plane
	for _, p := range all {
		if served := p.plane(); served != nil {
			started = append(started, served)
		}
	}
	return started
}

// OldWorkers counts nginx's workers that finish requests of before a reload.
func (e *House) OldWorkers() int {
	sum := e.leaving.OldWorkers()
	for _, s := range e.Servers() {
		if l, ok := s.(lingerer); ok {
			sum += l.OldWorkers()
		}
	}
	return sum
}

// Activity counts what the cache tier has in work, and what servers that are being
// retired still have. A server that cannot be asked is left out, and the error says why.
func (e *House) Activity() (native.Activity, error) {
	var sum native.Activity
	var problems []error
	for _, s := range append(e.leaving.planes.all(), e.Servers()...) {
		if b, ok := s.(worker); ok {
			there, err := b.Activity()
			sum = sum.Plus(there)
			problems = append(problems, err)
		}
	}
	return sum, errors.Join(problems...)
}

// Dismiss has daemons end kept connections, or keep them again. One that does not run
// has no connection.
func (e *House) Dismiss(ctx context.Context, clients bool) {
	for _, s := range e.Servers() {
		if d, ok := s.(dismisser); ok {
			if err := d.Dismiss(ctx, clients); err != nil {
				e.Log.Debug("cannot make clients use a new connection", "error", err)
			}
		}
	}
}

// PurgeAll has every server that stores answers forget what is meant: those that serve,
// their stand-ins, and those that only finish what they have begun.
func (e *House) PurgeAll(ctx context.Context, what site.Purge) (api.Purged, error) {
	all := api.Purged{Soft: what.Soft, Notes: []string{}}
	for _, s := range slices.Concat(e.Servers(), e.leaving.stores()) {
		p, ok := s.(purger)
		if !ok {
			continue
		}
		there, err := p.purge(ctx, what)
		if err != nil {
			return all, fmt.Errorf("purge the cache: %w; ask again", err)
		}
		all.Objects += there.count
		if there.note != "" {
			all.Notes = append(all.Notes, there.note)
		}
		all.Soft = all.Soft && !there.forgotten
	}
	return all, nil
}

// CatchUp has servers tell of all requests that have been answered.
func (e *House) CatchUp() {
	for _, s := range e.Servers() {
		if r, ok := s.(recorder); ok {
			r.CatchUp()
		}
	}
}

// TakeNothing keeps new connections out. Servers finish what they have begun, while those
// behind them go on.
func (e *House) TakeNothing(ctx context.Context) {
	for _, s := range e.Servers() {
		if door, ok := s.(drainer); ok {
			door.TakeNothing(ctx)
		}
	}
	generation.RefuseNew(e.Serving().Public.Clients())
	e.quic.refuse()
}

// Varnishd is the one that serves; nil where none does.
func (e *House) Varnishd() *native.Varnish {
	for _, s := range e.Servers() {
		if v, ok := s.(*varnishServer); ok && !v.degraded() {
			return v.native
		}
	}
	return nil
}

// PurgeShared has the plane that is a member of a cluster beside a daemon forget what is
// meant.
func (e *House) PurgeShared(ctx context.Context, what site.Purge) {
	for _, s := range e.Servers() {
		if p, ok := s.(*plane); ok && p.shares {
			_, _ = p.purge(ctx, what) // it cannot fail
		}
	}
}

// StatusOf tells about all tiers, from the outside in, and whether each is served by the
// engine that was chosen for it.
func StatusOf(servers []Server) (all []api.TierStatus, well bool) {
	all, well = []api.TierStatus{}, true
	for _, s := range servers {
		for _, role := range s.Roles() {
			t := s.status(role)
			well = well && t.State == string(supervise.Running)
			all = append(all, t)
		}
		if d, ok := s.(guarded); ok {
			well = well && !d.base().degraded()
		}
	}
	order := site.Tiers()
	slices.SortStableFunc(all, func(a, b api.TierStatus) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	return all, well
}
