package tiers

import (
	"context"
	"errors"
	"slices"

	"edgegen/internal/api"
)

// Change is what a reload does to one server: steps, each of which can be taken
// back. The zero value does nothing.
type Change struct {
	Plans     []api.TierPlan // one for each tier
	Uncounted error          // why WebSockets are missing in them

	steps []Step
	begun int // how many of the steps have begun
}

// Step is one part of a change. When everything has been staged, either commit or abandon
// is called. After a commit, even one that failed halfway, undo is called if the reload
// is taken back, and finish if every server has committed. Each method is called at most
// once.
type Step interface {
	// Commit returns when the next generation is served.
	Commit(ctx context.Context) error
	Undo(ctx context.Context) error
	Abandon(ctx context.Context)
	Finish(ctx context.Context)
}

// NoStep does nothing. A step that has nothing to say in some method embeds it.
type NoStep struct{}

var _ Step = NoStep{}

func (NoStep) Commit(context.Context) error { return nil }
func (NoStep) Undo(context.Context) error   { return nil }
func (NoStep) Abandon(context.Context)      {}
func (NoStep) Finish(context.Context)       {}

// onFinish is a step that does something only when every server has committed, so that
// there is nothing to take back.
type onFinish func(ctx context.Context)

var _ Step = onFinish(nil)

func (onFinish) Commit(context.Context) error { return nil }
func (onFinish) Undo(context.Context) error   { return nil }
func (onFinish) Abandon(context.Context)      {}
func (f onFinish) Finish(ctx context.Context) { f(ctx) }

// NewChange is a change of some steps, of which no plan tells.
func NewChange(steps ...Step) *Change { return &Change{steps: steps} }

// plan is the plan of all its tiers.
func (c *Change) plan(action api.Action, why ...string) {
	for i := range c.Plans {
		c.Plans[i].Action, c.Plans[i].Why = action, why
	}
}

func (c *Change) then(s Step)  { c.steps = append(c.steps, s) }
func (c *Change) first(s Step) { c.steps = slices.Insert(c.steps, 0, s) }

// Touches reports whether the change does anything that a person would see.
func (c *Change) Touches() bool {
	return slices.ContainsFunc(c.Plans, func(p api.TierPlan) bool { return p.Action != api.Nothing })
}

// Commit begins one step after another, until one fails.
func (c *Change) Commit(ctx context.Context) error {
	for _, s := range c.steps {
		c.begun++
		if err := s.Commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Undo takes back the steps that were begun, the last one first, and abandons the
// others.
func (c *Change) Undo(ctx context.Context) error {
	var problems []error
	for _, s := range slices.Backward(c.steps[:c.begun]) {
		problems = append(problems, s.Undo(ctx))
	}
	c.steps = c.steps[c.begun:]
	c.Abandon(ctx)
	return errors.Join(problems...)
}

// Abandon drops what was staged. It is called in the place of commit.
func (c *Change) Abandon(ctx context.Context) {
	for _, s := range slices.Backward(c.steps) {
		s.Abandon(ctx)
	}
}

// Finish is called when everything has been committed.
func (c *Change) Finish(ctx context.Context) {
	for _, s := range c.steps {
		s.Finish(ctx)
	}
}
