package control

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"edgegen/internal/api"
	"edgegen/internal/generation"
)

// change is what a reload does to one server: steps, each of which can be taken
// back. The zero value does nothing.
type change struct {
	plans     []api.TierPlan // one for each tier
	uncounted error          // why WebSockets are missing in them

	steps []step
	begun int // how many of the steps have begun
}

// step is one part of a change. When everything has been staged, either commit or abandon
// is called. After a commit, even one that failed halfway, undo is called if the reload
// is taken back, and finish if every server has committed. Each method is called at most
// once.
type step interface {
	// commit returns when the next generation is served.
	commit(ctx context.Context) error
	undo(ctx context.Context) error
	abandon(ctx context.Context)
	finish(ctx context.Context)
}

// noStep does nothing. A step that has nothing to say in some method embeds it.
type noStep struct{}

var _ step = noStep{}

func (noStep) commit(context.Context) error { return nil }
func (noStep) undo(context.Context) error   { return nil }
func (noStep) abandon(context.Context)      {}
func (noStep) finish(context.Context)       {}

// onFinish is a step that does something only when every server has committed, so that
// there is nothing to take back.
type onFinish func(ctx context.Context)

var _ step = onFinish(nil)

func (onFinish) commit(context.Context) error { return nil }
func (onFinish) undo(context.Context) error   { return nil }
func (onFinish) abandon(context.Context)      {}
func (f onFinish) finish(ctx context.Context) { f(ctx) }

// newChange is the change of a daemon to which nothing happens as yet.
func newChange(d *daemon) *change {
	c := &change{}
	for _, role := range d.roles() {
		c.plans = append(c.plans, api.TierPlan{Role: role, Engine: string(d.Engine), Action: api.Nothing, Why: []string{}})
	}
	return c
}

// plan is the plan of all its tiers.
func (c *change) plan(action api.Action, why ...string) {
	for i := range c.plans {
		c.plans[i].Action, c.plans[i].Why = action, why
	}
}

func (c *change) then(s step)  { c.steps = append(c.steps, s) }
func (c *change) first(s step) { c.steps = slices.Insert(c.steps, 0, s) }

// touches reports whether the change does anything that a person would see.
func (c *change) touches() bool {
	return slices.ContainsFunc(c.plans, func(p api.TierPlan) bool { return p.Action != api.Nothing })
}

// commit begins one step after another, until one fails.
func (c *change) commit(ctx context.Context) error {
	for _, s := range c.steps {
		c.begun++
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// undo takes back the steps that were begun, the last one first, and abandons the
// others.
func (c *change) undo(ctx context.Context) error {
	var problems []error
	for _, s := range slices.Backward(c.steps[:c.begun]) {
		problems = append(problems, s.undo(ctx))
	}
	c.steps = c.steps[c.begun:]
	c.abandon(ctx)
	return errors.Join(problems...)
}

// abandon drops what was staged. It is called in the place of commit.
func (c *change) abandon(ctx context.Context) {
	for _, s := range slices.Backward(c.steps) {
		s.abandon(ctx)
	}
}

// finish is called when everything has been committed.
func (c *change) finish(ctx context.Context) {
	for _, s := range c.steps {
		s.finish(ctx)
	}
}

// newServer starts a server beside those that serve.
type newServer struct {
	noStep
	server server
	next   *generation.Generation
	serves bool
}

func (n *newServer) commit(ctx context.Context) error {
	err := n.server.start(ctx, n.next)
	n.serves = err == nil
	return err
}

func (n *newServer) undo(ctx context.Context) error {
	if n.serves {
		n.server.retire() // with the requests that it has got meanwhile
	} else {
		n.server.stop(ctx)
	}
	return nil
}

// begin is the change by which a new server starts to serve.
func (e *house) begin(s server, next *generation.Generation) *change {
	c := &change{}
	for _, role := range s.roles() {
		c.plans = append(c.plans, api.TierPlan{Role: role, Engine: string(next.Engines[role].Engine), Action: api.Restart,
			Why: []string{fmt.Sprintf("another engine: %s", next.Engines[role].Reason)}})
	}
	if file := e.storageOf(s, next); file != nil {
		c.then(file)
	}
	c.then(&newServer{server: s, next: next})
	return c
}
