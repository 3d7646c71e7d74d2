package acme

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/certificate"
)

const (
	// firstPause and longestPause are between a failure and the next try.
	firstPause   = time.Minute
	longestPause = 6 * time.Hour
	// hurry is the shortest pause while a certificate is about to end.
	hurry = 5 * time.Second
	// askPause is how often the authority is asked when to renew, unless it says
	// so itself.
	askPause = 6 * time.Hour
	// orderTime bounds one order with all that belongs to it.
	orderTime = 10 * time.Minute
	// serveTime bounds how long it takes until every handshake shows a certificate.
	serveTime = 5 * time.Minute
)

// wanted is an order that is in use.
type wanted struct {
	Order
	manager   *Manager
	authority Authority
	stop      context.CancelFunc

	mu  sync.Mutex
	now Status
}

func (w *wanted) status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.now
	s.Site = w.Site
	return s
}

// look sees to the certificate until ctx ends.
func (w *wanted) look(ctx context.Context) {
	m, failures := w.manager, 0
	for ctx.Err() == nil {
		pair, there := m.options.Store.Pair(w.authority.Directory, w.Names, time.Now())
		if there {
			if due := w.untilDue(ctx, pair); !due {
				return
			}
		}
		err := w.renew(ctx, pair)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			failures = 0
			w.went("", time.Time{})
			continue
		}
		if problem, told := problemOf(err); told && problem.Type == acme.ProblemTypeAccountDoesNotExist {
			err = errors.Join(err, m.options.Store.forgetAccount(w.authority.Directory)) // the next try registers again
		}
		failures++
		most := longestPause
		if there { // and is to be replaced before it ends
			most = max(time.Until(pair.Leaf.NotAfter)/4, hurry)
		}
		pause := w.pause(failures, min(most, longestPause), err)
		w.went(words(err, w.Names), time.Now().Add(pause))
		m.options.Log.Warn("no certificate could be got; it is tried again", "site", w.Site, "reason", words(err, w.Names), "in", pause.Round(time.Second))
		if !wait(ctx, pause) {
			return
		}
	}
}

// untilDue waits until the certificate is to be renewed; false where ctx ended
// before.
func (w *wanted) untilDue(ctx context.Context, pair certificate.Pair) bool {
	for {
		at, again := w.dueAt(ctx, pair)
		w.mu.Lock()
		w.now.Renewal = at
		w.mu.Unlock()
		left := time.Until(at)
		if left <= 0 {
			return ctx.Err() == nil
		}
		if !wait(ctx, min(left, again)) {
			return false
		}
	}
}

// dueAt is when to renew, and after how long to ask again. Without a word of the
// authority it is at two thirds of the lifetime, a little earlier for some than
// for others.
func (w *wanted) dueAt(ctx context.Context, pair certificate.Pair) (at time.Time, again time.Duration) {
	life := pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore)
	usual := pair.Leaf.NotBefore.Add(life * 2 / 3).Add(-rand.N(life/20 + 1))
	client := w.client(nil)
	asking, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	info, err := client.GetRenewalInfo(asking, pair.Leaf)
	if err != nil || !info.HasWindow() {
		return usual, askPause
	}
	again = askPause
	if info.RetryAfter != nil {
		again = max(time.Until(*info.RetryAfter), time.Minute)
	}
	w.mu.Lock()
	before := w.now.Renewal
	w.mu.Unlock()
	if !before.Before(info.SuggestedWindow.Start) && !before.After(info.SuggestedWindow.End) {
		return before, again // once it has been chosen it stays
	}
	return info.SelectedTime, again
}

// renew gets a certificate in place of one that may be there, and has it served.
func (w *wanted) renew(ctx context.Context, before certificate.Pair) error {
	m := w.manager
	leave, err := m.enter(ctx, before)
	if err != nil {
		return err
	}
	err = w.obtain(ctx, before)
	leave()
	if err != nil {
		return err
	}
	pair, ok := m.options.Store.Pair(w.authority.Directory, w.Names, time.Now())
	if !ok {
		return errors.New("the authority has given a certificate that is not valid now: see that the clock is right")
	}
	m.options.Log.Info("has got a certificate", "site", w.Site, "until", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	for failures := 1; ; failures++ {
		serving, cancel := context.WithTimeout(ctx, serveTime)
		err := m.options.Serve(serving, w.Site, pair)
		cancel()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		pause := w.pause(failures, longestPause, err)
		w.went("the certificate was renewed, and is not served: "+err.Error(), time.Now().Add(pause))
		m.options.Log.Error("a certificate was renewed, and is not served; it is tried again", "site", w.Site, "error", err, "in", pause.Round(time.Second))
		if !wait(ctx, pause) {
			return ctx.Err()
		}
	}
}

// enter waits for a turn among the orders that are under way. A certificate that ends
// soon does not wait for others that have more time: when an eighth of what was left of
// it has passed, its order begins all the same.
func (m *Manager) enter(ctx context.Context, before certificate.Pair) (leave func(), err error) {
	var late <-chan time.Time // never, where there is no certificate
	if before.Leaf != nil {
		timer := time.NewTimer(time.Until(before.Leaf.NotAfter) / 8)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case m.slots <- struct{}{}:
		return func() { <-m.slots }, nil
	case <-late:
		return func() {}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// went notes down how the last try went.
func (w *wanted) went(failure string, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Failure, w.now.Next = failure, next
}

// pause is how long after so many failures in a row the next try comes: it grows up
// to the longest that may be, and is never over before the authority wants to hear
// of us.
func (w *wanted) pause(failures int, most time.Duration, err error) time.Duration {
	pause := min(w.manager.firstPause()<<min(failures-1, 16), most)
	pause += rand.N(pause / 4)
	later := (*laterError)(nil)
	if errors.As(err, &later) {
		pause = max(pause, time.Until(later.after))
	}
	return pause
}

func (m *Manager) firstPause() time.Duration { return cmp.Or(m.options.Pause, firstPause) }

// wait returns false where ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// problemOf is what the authority said.
func problemOf(err error) (acme.Problem, bool) {
	problem := acme.Problem{}
	return problem, errors.As(err, &problem)
}
