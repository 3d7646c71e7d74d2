package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"edgegen/internal/site"
)

// The messages of members.
const (
	beatKind     = "beat"
	exchangeKind = "exchange"
	purgeKind    = "purge"
)

// beat asks a member whether it is there and what it knows of purges.
type beat struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"` // as which the asking one knows itself; "" while it does not
	Digest uint64    `json:"digest"`
	Floor  time.Time `json:"floor"`
}

// exchange asks it to compare purges.
type exchange struct {
	beat
	Known []string `json:"known"`
}

type compared struct {
	Records []record `json:"records"` // that the asking one lacks
	Wanted  []string `json:"wanted"`  // names of those that the other one lacks
}

// patient is Options.Patient where that is left out.
const patient = 2 * time.Second

// attend asks each member again and again.
func (c *Cluster) attend(ctx context.Context) {
	pause := 20 * time.Millisecond // until who is there has been found
	for {
		if v := c.view.Load(); v != nil {
			c.round(ctx, v.members)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, c.pause())
	}
}

// pause grows with the cluster, so that a member of a hundred hears fifty questions a
// second.
func (c *Cluster) pause() time.Duration {
	if v := c.view.Load(); v != nil {
		return c.options.Every * time.Duration(1+len(v.members)/50)
	}
	return c.options.Every
}

// round asks members, all at once, this edge too as long as it does not know itself.
func (c *Cluster) round(ctx context.Context, members []*member) {
	v := c.view.Load()
	if v == nil {
		return
	}
	var asked sync.WaitGroup
	for _, m := range members {
		if m.self.Load() {
			continue
		}
		asked.Go(func() { c.beat(ctx, v, m) })
	}
	asked.Wait()
}

// beat finds out how a member is doing, and gets in step with it.
func (c *Cluster) beat(ctx context.Context, v *view, m *member) {
	asks := c.beats(v)
	var says beat
	err := m.tell(ctx, beatKind, asks, &says, c.options.Patient)
	if err == nil && says.ID == c.id {
		if m.become(Self, "") {
			c.options.Log.Info("this edge is a member of the cluster", "member", m.Text, "members", len(v.members))
		}
		return
	}
	if err == nil && c.purges.missed(m.Text, says.Floor) {
		err = c.options.Forget(ctx)
	}
	if err == nil && says.Digest != asks.Digest {
		err = c.exchange(ctx, m, asks)
	}
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, context.DeadlineExceeded):
		c.down(m, fmt.Errorf("it has not answered in %s", c.options.Patient))
	case err != nil:
		c.down(m, err)
	default:
		c.purges.inStep(m.Text, time.Now())
		if m.become(Up, "") {
			c.options.Log.Info("a member of the cluster answers", "member", m.Text)
		}
	}
}

func (c *Cluster) beats(v *view) beat {
	digest, floor := c.purges.sum(time.Now())
	return beat{ID: c.id, Name: v.self(), Digest: digest, Floor: floor}
}

// self is how the others call this edge; "" while it has not found itself.
func (v *view) self() string {
	if i := slices.IndexFunc(v.members, func(m *member) bool { return m.self.Load() }); i >= 0 {
		return v.members[i].Text
	}
	return ""
}

// exchange has a member and this edge carry out what either of them has missed.
func (c *Cluster) exchange(ctx context.Context, m *member, asks beat) error {
	var differ compared
	if err := m.tell(ctx, exchangeKind, exchange{asks, c.purges.ids()}, &differ, exchangeTime); err != nil {
		return err
	}
	if err := c.catchUp(ctx, differ.Records); err != nil {
		return err
	}
	if wanted := c.purges.named(differ.Wanted); len(wanted) > 0 {
		return m.tell(ctx, purgeKind, purging{Records: wanted}, nil, exchangeTime)
	}
	return nil
}

// exchangeTime is for what a member may have to wait with until a reload is over.
const exchangeTime = 30 * time.Second

// catchUp carries out purges that this edge has not heard of.
func (c *Cluster) catchUp(ctx context.Context, records []record) error {
	for _, r := range records {
		if c.purges.has(r.ID) {
			continue
		}
		if _, err := c.options.Purge(ctx, r.What); err != nil {
			return err
		}
		c.purges.add(time.Now(), r)
		c.options.Log.Info("carried out a purge from the time when this edge was away", "at", r.At, "purge", told(r.What))
	}
	return nil
}

// told is a purge in words.
func told(what site.Purge) string {
	switch {
	case what.URL != "":
		return what.URL
	case what.Prefix != "":
		return what.Prefix + "*"
	case what.Tag != "":
		return "tag " + what.Tag
	}
	return "site " + what.Site
}
