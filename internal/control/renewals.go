package control

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Certificates of many sites that come at about the same time are put into use by one
// change, which takes all that is in the store. Fifty changes would have stunnel read its
// files fifty times, and each would wait for those before it.
const (
	gatherTime = time.Second     // without another one that comes
	gatherMost = 5 * time.Second // from the first one on
)

// renewals gathers certificates that are to be served, from many goroutines. The zero
// value is ready. It changes the generation that is served, so that it does not matter
// what the site's files say meanwhile.
type renewals struct {
	mu   sync.Mutex
	next *gathering // that is not under way yet; nil for none
}

// gathering is one change that puts several certificates into use.
type gathering struct {
	another chan struct{} // one that is to be served has come
	done    chan struct{} // closed when err is there
	err     error
	waiting int           // those who want to know how it ends; the lock is that of renewals
	quiet   time.Duration // how long no other one has to come; likewise
	served  []func() bool // whether what each has got is served already; likewise
	cancel  context.CancelFunc
}

// renewal is one certificate that is to be served.
type renewal struct {
	left   time.Duration // until its end: one that ends soon waits for others for a small part of that
	served func() bool   // whether it is already, by an earlier change
}

// serve has all that is in the store be served, and says how that went. Nobody's end
// of waiting is in the way of the others: the change is given up when all have gone.
func (r *renewals) serve(ctx context.Context, one renewal, change func(context.Context) error) error {
	r.mu.Lock()
	g := r.next
	if g == nil {
		g = &gathering{another: make(chan struct{}, 1), done: make(chan struct{}), quiet: gatherTime}
		r.next = g
		var life context.Context
		life, g.cancel = context.WithCancel(context.WithoutCancel(ctx))
		go r.run(life, g, change) // the last one who waits sees its end
	}
	g.waiting++
	g.quiet, g.served = min(g.quiet, one.left/32), append(g.served, one.served)
	r.mu.Unlock()
	select {
	case g.another <- struct{}{}:
	default: // that is known
	}
	defer r.leave(g)
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave ends a change for which nobody waits any more, and waits until it has ended.
func (r *renewals) leave(g *gathering) {
	r.mu.Lock()
	g.waiting--
	last := g.waiting == 0
	if last && r.next == g {
		r.next = nil
	}
	r.mu.Unlock()
	if last {
		g.cancel()
		<-g.done
	}
}

func (r *renewals) run(ctx context.Context, g *gathering, change func(context.Context) error) {
	defer close(g.done)
	defer g.cancel()
	r.gather(ctx, g)
	r.mu.Lock()
	if r.next == g {
		r.next = nil // what comes from now on may not be in the store yet
	}
	r.mu.Unlock() // nobody comes to it any more
	if g.err = ctx.Err(); g.err == nil && slices.ContainsFunc(g.served, func(served func() bool) bool { return !served() }) {
		g.err = change(ctx)
	}
}

// gather waits until no other one comes.
func (r *renewals) gather(ctx context.Context, g *gathering) {
	most := time.NewTimer(gatherMost)
	defer most.Stop()
	for {
		r.mu.Lock()
		quiet := time.NewTimer(g.quiet)
		r.mu.Unlock()
		select {
		case <-g.another:
			quiet.Stop()
			continue
		case <-quiet.C:
		case <-most.C:
		case <-ctx.Done():
		}
		quiet.Stop()
		return
	}
}
