package cluster

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"edgegen/internal/site"
)

// purging has a member carry out purges.
type purging struct {
	Records []record `json:"records"`
}

type carriedOut struct {
	Objects int `json:"objects"`
}

// Spread is how far a purge has come.
type Spread struct {
	Objects int      // stored answers that were meant, at all members
	Reached int      // other members
	Missed  []string // members that could not be told; they are when they are back
}

// purgeTime is how long a member that is told of a purge is waited for: it may have a
// reload to end first.
const purgeTime = 12 * time.Second

// Spread has all other members carry out a purge that has been carried out here. It returns
// when nobody who could be reached gives any more what is meant.
func (c *Cluster) Spread(ctx context.Context, what site.Purge) (Spread, error) {
	var s Spread
	r := record{ID: rand.Text(), At: time.Now(), What: what}
	c.purges.add(r.At, r)
	v := c.view.Load()
	if v == nil {
		return s, nil
	}
	var others []*member
	for _, m := range v.members {
		if !m.self.Load() {
			others = append(others, m)
		}
	}
	reached := c.spread(ctx, others, purging{Records: []record{r}}, &s)
	// A copy of what an owner had not forgotten yet may have come in between.
	if len(reached) > 0 {
		count, err := c.options.Purge(ctx, what)
		if err != nil {
			return s, err
		}
		s.Objects += count
		reached = c.spread(ctx, reached, purging{Records: []record{r}}, &s)
	}
	s.Reached = len(reached)
	return s, c.purges.save()
}

// spread tells members, all at once, and returns those that have done as they were told.
func (c *Cluster) spread(ctx context.Context, to []*member, what purging, s *Spread) (reached []*member) {
	answers := make([]carriedOut, len(to))
	errs := make([]error, len(to))
	var told sync.WaitGroup
	for i, m := range to {
		told.Go(func() {
			within := purgeTime
			if !m.there.Load() {
				within = c.options.Patient // it is not waited for
			}
			errs[i] = m.tell(ctx, purgeKind, what, &answers[i], within)
		})
	}
	told.Wait()
	for i, m := range to {
		if errs[i] != nil {
			c.down(m, errs[i])
			s.Missed = append(s.Missed, m.Text)
			continue
		}
		reached = append(reached, m)
		s.Objects += answers[i].Objects
	}
	return reached
}

// keep writes what is known of purges to the disk, a moment after it has changed.
func (c *Cluster) keep() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-tick.C:
			if err := c.purges.save(); err != nil {
				c.options.Log.Error("cannot keep the list of purges: a purge will be forgotten by a restart", "error", err)
			}
		}
	}
}
