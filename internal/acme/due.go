package acme

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/certificate"
)

const (
	// askPause is how often the authority is asked when to renew, unless it says
	// so itself; what it says counts between the other two (RFC 9773, 4.3.2).
	askPause         = 6 * time.Hour
	shortestAskPause = time.Minute
	longestAskPause  = 24 * time.Hour
)

// untilDue waits until the certificate is to be renewed; false where ctx ended
// before, or another edge may have got one. Without a word of the authority that is at two thirds of the lifetime, a
// little earlier for some than for others.
func (w *wanted) untilDue(ctx context.Context, pair certificate.Pair) bool {
	life := lifeOf(pair)
	at, told := pair.Leaf.NotBefore.Add(life*2/3).Add(-rand.N(life/20+1)), time.Time{}
	for {
		chosen, again := w.askWhen(ctx, pair, told)
		if !chosen.IsZero() {
			at, told = chosen, chosen
		}
		w.dueAt(at)
		left := time.Until(at)
		if !w.rest(ctx, min(left, again)) {
			return false
		}
		if left <= again { // to ask once more could take until the end
			return true
		}
	}
}

// askWhen asks the authority when to renew, and after how long to ask again. What was
// chosen before stays where it is as good as another time; the zero time is for no
// answer.
func (w *wanted) askWhen(ctx context.Context, pair certificate.Pair, before time.Time) (at time.Time, again time.Duration) {
	info, err := w.renewalInfo(ctx, pair)
	again = askPause
	if err == nil && info.RetryAfter != nil {
		again = min(max(time.Until(*info.RetryAfter), shortestAskPause), longestAskPause)
	}
	again += rand.N(again/8 + 1) // many sites begin in the same moment
	if err != nil || !info.HasWindow() {
		return time.Time{}, again
	}
	start, end := windowOf(pair, info.SuggestedWindow.Start, info.SuggestedWindow.End)
	if before.Before(start) || before.After(end) {
		return start.Add(rand.N(end.Sub(start) + 1)), again
	}
	return before, again
}

// renewalInfo asks the authority about a certificate, as one of a few at a time. It
// takes an hour, or a part of what is left of that, at most.
func (w *wanted) renewalInfo(ctx context.Context, pair certificate.Pair) (acme.RenewalInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, min(time.Hour, time.Until(pair.Leaf.NotAfter)/8))
	defer cancel()
	select {
	case w.manager.asking <- struct{}{}:
		defer func() { <-w.manager.asking }()
	case <-ctx.Done():
		return acme.RenewalInfo{}, ctx.Err()
	}
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return w.client(nil).GetRenewalInfo(ctx, pair.Leaf)
}

// windowOf is what can be used of the time in which an authority suggests to renew.
// Some suggest the whole lifetime: who comes in the last quarter of it has little time
// left for an authority that is away.
func windowOf(pair certificate.Pair, start, end time.Time) (from, to time.Time) {
	life := lifeOf(pair)
	latest := pair.Leaf.NotAfter.Add(-life / 4)
	if !end.After(latest) {
		return start, end
	}
	if early := latest.Add(-life / 20); start.After(early) {
		start = early
	}
	return start, latest
}

func lifeOf(pair certificate.Pair) time.Duration { return pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore) }
