package acme

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// atOnce is how many orders are under way at a time, and how many ask when to renew.
// Most of an order's time is waiting; many sites whose certificates end together are not
// to wait for each other.
const atOnce = 8

// turns lets a few orders be under way at a time. Of those that wait, the one whose
// certificate ends first is next; a site without one comes before all that have one.
// Its methods may be called from any goroutine.
type turns struct {
	mu      sync.Mutex
	free    int
	waiting []*turn // in the order in which they are next
}

// turn is that of one order.
type turn struct {
	ends time.Time     // of the certificate that is there; the zero time for none
	mine chan struct{} // closed when it has come
}

// enter waits for a turn; whoever has one calls leave. A certificate that ends soon
// does not wait for others that have more time: when an eighth of what was left of it
// has passed, its order begins all the same.
func (t *turns) enter(ctx context.Context, ends time.Time) (leave func(), err error) {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return t.leave, nil
	}
	next := &turn{ends, make(chan struct{})}
	at, _ := slices.BinarySearchFunc(t.waiting, next, func(a, b *turn) int { return cmp.Or(a.ends.Compare(b.ends), -1) })
	t.waiting = slices.Insert(t.waiting, at, next)
	t.mu.Unlock()
	var late <-chan time.Time // never, where there is no certificate
	if !ends.IsZero() {
		timer := time.NewTimer(time.Until(ends) / 8)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-next.mine:
		return t.leave, nil
	case <-late:
		if t.forget(next) {
			return func() {}, nil
		}
		return t.leave, nil
	case <-ctx.Done():
		if !t.forget(next) {
			t.leave()
		}
		return nil, ctx.Err()
	}
}

// forget takes one back that waits; false where its turn has come meanwhile.
func (t *turns) forget(one *turn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.Index(t.waiting, one)
	if at < 0 {
		return false
	}
	t.waiting = slices.Delete(t.waiting, at, at+1)
	return true
}

// leave ends a turn.
func (t *turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.free++
		return
	}
	close(t.waiting[0].mine)
	t.waiting = t.waiting[1:]
}
