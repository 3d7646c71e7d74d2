package backends

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"edgegen/internal/wait"
)

// nameKey tells names from one another.
type nameKey struct {
	host    string
	servers string // of the resolver
	every   time.Duration
}

// name is a name that is looked up as long as a plan needs it. Its fields are
// guarded by the watch.
type name struct {
	nameKey
	resolver Resolver
	needed   int // plans
	stop     context.CancelFunc
	asked    chan struct{} // closed when it has been asked for once

	addresses []netip.Addr // the last that were found
	problem   error        // why there are no newer ones; nil where there are
	since     time.Time    // when the addresses or the problem began
	next      time.Time    // when it is asked for again
}

// firstPause is how soon a name is asked for again after a failure; it doubles up
// to the name's own time.
const firstPause = time.Second

// follow looks a name up again and again.
func (w *Watch) follow(ctx context.Context, n *name) {
	defer w.tasks.Done()
	pause := firstPause
	for {
		select {
		case w.lookups <- struct{}{}:
		case <-ctx.Done():
			return
		}
		found, err := lookUp(ctx, n.resolver, n.host)
		<-w.lookups
		if ctx.Err() != nil {
			return
		}
		next := n.every
		if err != nil {
			next = min(pause, n.every)
			pause *= 2
		} else {
			pause = firstPause
		}
		w.found(n, found, err, next)
		if !wait.For(ctx, next) {
			return
		}
	}
}

// found takes an answer in.
func (w *Watch) found(n *name, addresses []netip.Addr, err error, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	n.next = now.Add(wait)
	defer n.answered()
	if err != nil {
		if n.problem == nil || n.problem.Error() != err.Error() {
			n.problem, n.since = err, now
			w.log.Warn("cannot resolve the name of a backend's server", "name", n.host, "error", err, "kept", len(n.addresses))
			w.publish(func(b *backend) bool { return b.names[n.host] == n })
		}
		return
	}
	changed := !slices.Equal(addresses, n.addresses)
	if changed || n.problem != nil {
		n.since = now
		w.log.Info("resolved the name of a backend's server", "name", n.host, "addresses", len(addresses), "changed", changed)
	}
	n.addresses, n.problem = addresses, nil
	if changed {
		w.rearrange(func(b *backend) bool { return b.names[n.host] == n })
	}
}

// answered releases those who wait for a first answer.
func (n *name) answered() {
	select {
	case <-n.asked:
	default:
		close(n.asked)
	}
}
