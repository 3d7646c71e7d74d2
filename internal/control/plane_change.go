package control

import (
	"context"
	"errors"
	"fmt"

	"edgegen/internal/api"
	"edgegen/internal/dataplane"
	"edgegen/internal/generation"
)

// stage prepares the plane's own change of model.
func (p *plane) stage(_ context.Context, next *generation.Generation) (*change, error) {
	c := &change{}
	action, why := api.Nothing, []string{}
	if before := p.house.serving(); before.Meaning != next.Meaning {
		action, why = api.Reload, []string{"the site's configuration"}
		model, err := p.model(next)
		if err != nil {
			return nil, err
		}
		prepared, err := p.plane().Prepare(model)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare the %s: %w", p, err), closeAll(model.HTTPS, model.HTTP, model.Members, relayListeners(model.Relays)))
		}
		c.then(&swap{plane: p, prepared: prepared, next: next})
	}
	for _, role := range p.tiers {
		c.plans = append(c.plans, api.TierPlan{Role: role, Engine: engineOf(next, role), Action: action, Why: why})
	}
	return c, nil
}

// swap puts the next model in force, by exchanging one pointer, and looks whether it is
// served.
type swap struct {
	plane    *plane
	prepared *dataplane.Prepared
	next     *generation.Generation
	back     func()
}

func (s *swap) commit(ctx context.Context) error {
	s.back = s.prepared.Commit()
	return s.plane.answers(ctx, s.next)
}

func (s *swap) undo(context.Context) error {
	s.back()
	s.prepared.Discard()
	return nil
}

func (s *swap) abandon(context.Context) { s.prepared.Discard() }

func (s *swap) finish(context.Context) {
	s.prepared.Discard() // what was served before is not needed any more
	s.plane.show(s.next)
}
