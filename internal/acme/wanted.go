package acme

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/certificate"
	"edgegen/internal/printable"
	"edgegen/internal/wait"
)

const (
	// firstPause and longestPause are between a failure and the next try.
	firstPause   = time.Minute
	longestPause = 6 * time.Hour
	// longestServePause is between two tries to have a certificate served: what is in
	// the way of that is here.
	longestServePause = 10 * time.Minute
	// hurry is the shortest pause while a certificate is about to end.
	hurry = 5 * time.Second
	// longestLater is how long an authority is left alone at most that asks for it.
	longestLater = 7 * 24 * time.Hour
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
	news      chan struct{} // says that the vault has another certificate

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
	for ctx.Err() == nil {
		pair, there := w.manager.options.Store.Pair(w.authority.Directory, w.Names, time.Now())
		if !there {
			w.dueAt(time.Time{})
			pair = certificate.Pair{} // it has ended
		}
		if w.agree(ctx, pair) {
			continue
		}
		if there && !w.untilDue(ctx, pair) {
			continue
		}
		w.replace(ctx, pair)
	}
}

// replace gets a certificate in place of one that may be there, however often it has
// to try, until ctx ends.
func (w *wanted) replace(ctx context.Context, before certificate.Pair) {
	m := w.manager
	for failures := 1; ; failures++ {
		err := w.renew(ctx, before, failures)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			w.went("", time.Time{})
			return
		}
		if problem, told := problemOf(err); told && problem.Type == acme.ProblemTypeAccountDoesNotExist {
			err = errors.Join(err, w.records().forgetAccount(ctx)) // the next try registers again
		}
		pause := w.pause(failures, mostPause(before), err)
		if shared := (*failure)(nil); errors.As(err, &shared) {
			pause = max(time.Until(shared.Next), 0)
		}
		w.went(words(err, w.Names), time.Now().Add(pause))
		m.options.Log.Warn("could not get a certificate; edgegen will try again", "site", w.Site, "reason", words(err, w.Names), "in", pause.Round(time.Second))
		if !w.rest(ctx, pause) && ctx.Err() != nil {
			return
		}
	}
}

// renew gets a certificate in place of one that may be there, and has it served. It is
// the so manieth try.
func (w *wanted) renew(ctx context.Context, before certificate.Pair, try int) error {
	m := w.manager
	leave, err := m.turns.enter(ctx, endOf(before))
	if err != nil {
		return err
	}
	err = w.obtain(ctx, before, try)
	leave()
	if err != nil {
		return err
	}
	pair, ok := m.options.Store.Pair(w.authority.Directory, w.Names, time.Now())
	if !ok {
		return errors.New("the authority has given a certificate that is not valid now: see that the clock is right")
	}
	return w.serve(ctx, before, pair)
}

// serve has a certificate served in place of one that may be there, however often it
// has to try, until it is to be renewed itself.
func (w *wanted) serve(ctx context.Context, before, pair certificate.Pair) error {
	m := w.manager
	for failures := 1; ; failures++ {
		serving, cancel := context.WithTimeout(ctx, serveTime)
		err := m.options.Serve(serving, w.Site, pair)
		cancel()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Until(pair.Leaf.NotAfter) < lifeOf(pair)/3 {
			return fmt.Errorf("the last certificate was not served: %w", err)
		}
		pause := w.pause(failures, min(mostPause(before), longestServePause), err)
		why := printable.FirstLine(err)
		w.went("the certificate was renewed, and is not served: "+why, time.Now().Add(pause))
		m.options.Log.Error("a certificate was renewed, but is not served yet; edgegen will try again", "site", w.Site, "error", why, "in", pause.Round(time.Second))
		if !wait.For(ctx, pause) {
			return ctx.Err()
		}
	}
}

// dueAt notes down when the certificate is to be renewed; the zero time is for none.
func (w *wanted) dueAt(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Renewal = at
}

// went notes down how the last try went.
func (w *wanted) went(failure string, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Failure, w.now.Next = failure, next
}

// pause is how long after so many failures in a row the next try comes: it grows up
// to the longest that may be, and is never over before the authority wants to hear
// of us, but for one that does not want to for weeks.
func (w *wanted) pause(failures int, most time.Duration, err error) time.Duration {
	pause := min(w.manager.firstPause()<<min(failures-1, 16), most)
	pause += rand.N(pause / 4)
	later := (*laterError)(nil)
	if errors.As(err, &later) {
		pause = max(pause, min(time.Until(later.after), longestLater))
	}
	return pause
}

// mostPause is the longest pause before a certificate is tried to be replaced again: a
// quarter of the time to its end, or since.
func mostPause(before certificate.Pair) time.Duration {
	if before.Leaf == nil {
		return longestPause
	}
	return min(max(time.Until(before.Leaf.NotAfter).Abs()/4, hurry), longestPause)
}

// endOf is when a certificate ends; the zero time for none.
func endOf(pair certificate.Pair) time.Time {
	if pair.Leaf == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}

func (m *Manager) firstPause() time.Duration { return cmp.Or(m.options.Pause, firstPause) }

// problemOf is what the authority said.
func problemOf(err error) (acme.Problem, bool) {
	problem := acme.Problem{}
	return problem, errors.As(err, &problem)
}
