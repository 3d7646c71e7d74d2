package backends

import (
	"context"
	"crypto/tls"
	"io"
	"slices"
	"time"

	"edgegen/internal/site"
	"edgegen/internal/wait"
)

// State is what is known of an endpoint.
type State string

// The states of an endpoint.
const (
	Unchecked State = "unchecked" // nobody asks it: the backend has no health block
	Waiting   State = "waiting"   // its first answer is not there yet
	Well      State = "well"
	Unwell    State = "unwell"
)

// checkKey tells checks from one another.
type checkKey struct {
	address
	secure           *tls.Config
	host, path, good string
	fastcgi          string // names how it is asked by FastCGI; "" where it is by HTTP
	interval         time.Duration
	timeout          time.Duration
	up, down         int
}

// check asks one endpoint as long as a plan needs it. Its fields from state on are
// guarded by the watch.
type check struct {
	checkKey
	health *site.Health
	script func(conn io.ReadWriter) (int, error) // asks by FastCGI; nil where it is asked by HTTP
	needed int
	stop   context.CancelFunc

	state  State
	since  time.Time
	reason string // why it is unwell
	streak int    // answers in a row that speak against the state
}

// attend asks an endpoint again and again.
func (w *Watch) attend(ctx context.Context, c *check) {
	defer w.tasks.Done()
	for {
		began := time.Now()
		err := c.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		w.judge(c, err)
		if !wait.For(ctx, time.Until(began.Add(c.interval))) {
			return
		}
	}
}

// judge takes an answer in. The first decides by itself.
func (w *Watch) judge(c *check, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	verdict, enough := Well, c.up
	if err != nil {
		verdict, enough = Unwell, c.down
	}
	if verdict == c.state {
		c.streak = 0
		if err != nil {
			c.reason = err.Error()
		}
		return
	}
	if c.streak++; c.state != Waiting && c.streak < enough {
		return
	}
	before := c.state
	c.state, c.since, c.streak, c.reason = verdict, time.Now(), 0, ""
	switch {
	case err != nil:
		c.reason = err.Error()
		w.log.Warn("a server is unhealthy", "server", c.network+" "+c.at, "error", err)
	case before == Unwell:
		w.log.Info("a server is healthy again", "server", c.network+" "+c.at)
	}
	w.publish(func(b *backend) bool {
		return slices.ContainsFunc(b.members, func(m *member) bool { return m.check == c })
	})
}
