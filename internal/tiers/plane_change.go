package tiers

import (
	"context"
	"errors"
	"fmt"

	"edgegen/internal/api"
	"edgegen/internal/dataplane"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// Stage prepares the plane's own change of model.
func (p *plane) Stage(_ context.Context, next *generation.Generation) (*Change, error) {
	c := &Change{}
	action, why := api.Nothing, []string{}
	if before := p.house.Serving(); before.Meaning != next.Meaning {
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
		c.Plans = append(c.Plans, api.TierPlan{Role: role, Engine: engineOf(next, role), Action: action, Why: why})
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

func (s *swap) Commit(ctx context.Context) error {
	s.back = s.prepared.Commit()
	return s.plane.answers(ctx, s.next)
}

func (s *swap) Undo(context.Context) error {
	s.back()
	s.prepared.Discard()
	return nil
}

func (s *swap) Abandon(context.Context) { s.prepared.Discard() }

func (s *swap) Finish(context.Context) {
	s.prepared.Discard() // what was served before is not needed any more
	s.plane.show(s.next)
}

// purge is that of a plane with the cache tier.
func (p *plane) purge(_ context.Context, what site.Purge) (there purged, err error) {
	if served := p.plane(); served != nil && (p.has(site.CacheTier) || p.shares) {
		there.count = served.Purge(what)
	}
	return there, nil
}
