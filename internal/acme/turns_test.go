package acme

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// C3: of orders that wait for others, the one whose certificate ends first is next, and
// one without a certificate before all; one that has waited for an eighth of what was
// left begins all the same; and whoever gives up leaves its turn to the others.
func TestC3Turns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, now := turns{free: 2}, time.Now()
		var mu sync.Mutex
		var order []string
		var work sync.WaitGroup
		begin := func(ctx context.Context, name string, left, takes time.Duration) {
			ends := now.Add(left)
			if left == 0 {
				ends = time.Time{}
			}
			work.Go(func() {
				leave, err := turns.enter(ctx, ends)
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				order = append(order, name+" "+time.Since(now).String())
				mu.Unlock()
				time.Sleep(takes)
				leave()
			})
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		begin(t.Context(), "a", 0, 10*time.Minute)
		begin(t.Context(), "b", 0, 11*time.Minute)
		begin(t.Context(), "last", 90*time.Hour, time.Minute)
		begin(t.Context(), "none", 0, 5*time.Minute)
		begin(t.Context(), "first", 20*time.Hour, 5*time.Minute)
		begin(t.Context(), "hurried", 8*time.Minute, time.Minute)
		begin(ctx, "gone", 0, time.Minute)
		cancel()
		begin(t.Context(), "no other", 0, time.Minute)
		work.Wait()
		want := []string{"a 0s", "b 0s", "hurried 1m0s", "none 10m0s", "no other 11m0s", "first 12m0s", "last 15m0s"}
		if !slices.Equal(order, want) {
			t.Errorf("%q, want %q", order, want)
		}
		if turns.free != 2 || len(turns.waiting) > 0 {
			t.Errorf("%+v is left", turns.free)
		}
	})
}
