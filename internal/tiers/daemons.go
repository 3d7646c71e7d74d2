package tiers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"edgegen/internal/supervise"
)

// What is asked of all daemons of an edge.

// daemonsNow are the servers that are daemons.
func (e *House) daemonsNow() (all []*daemon) {
	for _, s := range e.Servers() {
		if g, ok := s.(guarded); ok {
			all = append(all, g.base())
		}
	}
	return all
}

// CheckAll asks every tier whose daemon runs whether it serves the generation.
func (e *House) CheckAll(ctx context.Context) error {
	var failed []error
	for _, s := range e.Servers() {
		d, ok := s.(guarded)
		if !ok || d.base().degraded() {
			continue
		}
		asking, cancel := context.WithTimeout(ctx, probeTime)
		failed = append(failed, d.probe(asking))
		cancel()
	}
	return errors.Join(failed...)
}

// Condition tells which processes and stand-ins serve the tiers.
func (e *House) Condition() []tierCondition {
	var all []tierCondition
	for _, s := range e.Servers() {
		if g, ok := s.(guarded); ok {
			d := g.base()
			now := d.process().Status()
			d.mu.Lock()
			all = append(all, tierCondition{now.PID, now.State, d.taken, d.standIn})
			d.mu.Unlock()
		}
	}
	return all
}

type tierCondition struct {
	pid      int
	state    supervise.State
	degraded bool
	standIn  *plane
}

// StandsIn reports whether a builtin tier serves in the place of a role's daemon.
func (e *House) StandsIn(role string) bool {
	for _, d := range e.daemonsNow() {
		if slices.Contains(d.Roles(), role) {
			return d.degraded()
		}
	}
	return false
}

// Summary is a line for people about what is served.
func (e *House) Summary() string {
	g := e.Serving()
	text := fmt.Sprintf("serving %d sites, generation %d", len(g.Loaded.Edge.Sites), g.Number)
	for _, s := range e.Servers() {
		if d, ok := s.(guarded); ok && d.base().degraded() {
			text += fmt.Sprintf("; degraded: %s is down, the builtin %s tier serves", d.base().Engine, d.base().tiers())
		}
	}
	return text
}

// CancelGuards ends the watch over the daemons, and does not wait for that: a question to a
// daemon that hangs may take long.
func (e *House) CancelGuards() {
	for _, d := range e.daemonsNow() {
		d.cancelGuard()
	}
}
