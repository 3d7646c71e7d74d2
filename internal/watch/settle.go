package watch

import (
	"context"
	"time"
)

// settle calls act when stirred has been silent for quiet after it was heard,
// and at the latest when longest has passed since it was heard first. It
// returns when ctx ends.
func settle(ctx context.Context, stirred <-chan struct{}, quiet, longest time.Duration, act func()) {
	timer := time.NewTimer(longest)
	timer.Stop()
	defer timer.Stop()
	var last, due time.Time // zero while there is nothing to act upon
	for {
		select {
		case <-ctx.Done():
			return
		case <-stirred:
			now := time.Now()
			if last.IsZero() {
				last = now.Add(longest)
			}
			next := now.Add(quiet)
			if next.After(last) {
				next = last
			}
			// A timer that stands right is left alone: set anew time and again
			// at its end, it might not get its turn.
			if next != due {
				due = next
				timer.Reset(due.Sub(now))
			}
		case <-timer.C:
			last, due = time.Time{}, time.Time{}
			act()
		}
	}
}
