package control

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// C2: certificates that come at about the same time are served by one change, which
// begins when the last one is there, and nobody waits for more than a few seconds.
func TestC2Gathered(t *testing.T) {
	for _, c := range []struct {
		name    string
		sites   int
		apart   time.Duration
		changes int
	}{{"one", 1, 0, 1}, {"fifty at once", 50, 0, 1}, {"fifty within seconds", 50, 50 * time.Millisecond, 1}, {"fifty one after the other", 50, 500 * time.Millisecond, 5}, {"far apart", 4, time.Minute, 4}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r renewals
				var mu sync.Mutex
				var work sync.WaitGroup
				stored, served, changes := 0, 0, 0
				for i := range c.sites {
					work.Go(func() {
						time.Sleep(time.Duration(i) * c.apart)
						mu.Lock()
						stored++
						mine := stored
						mu.Unlock()
						begun := time.Now()
						err := r.serve(t.Context(), renewal{time.Hour, func() bool { return false }}, func(context.Context) error {
							mu.Lock()
							defer mu.Unlock()
							changes, served = changes+1, stored
							return nil
						})
						mu.Lock()
						defer mu.Unlock()
						if took := time.Since(begun); err != nil || served < mine || took > gatherMost+gatherTime {
							t.Errorf("%v after %v: %d are served, and not %d", err, took, served, mine)
						}
					})
				}
				work.Wait()
				if changes != c.changes {
					t.Errorf("%d changes, want %d", changes, c.changes)
				}
			})
		})
	}
}

// Whoever waits no longer is in nobody's way; what fails fails for all.
func TestC2GatheredEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r renewals
		one := renewal{time.Hour, func() bool { return false }}
		failed := errors.New("refused")
		changes := 0
		change := func(ctx context.Context) error {
			changes++
			time.Sleep(10 * time.Second)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return failed
		}
		first, leave := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() {
			if err := r.serve(first, one, change); !errors.Is(err, context.Canceled) {
				t.Errorf("who leaves: %v", err)
			}
		})
		synctest.Wait()
		work.Go(func() {
			if err := r.serve(t.Context(), one, change); !errors.Is(err, failed) {
				t.Errorf("who stays: %v", err)
			}
		})
		synctest.Wait()
		leave()
		work.Wait()
		alone, end := context.WithTimeout(t.Context(), gatherTime/2)
		defer end()
		if err := r.serve(alone, one, change); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who is alone and leaves: %v", err)
		}
		if err := r.serve(t.Context(), one, change); !errors.Is(err, failed) {
			t.Errorf("who comes afterwards: %v", err)
		}
		if changes != 2 {
			t.Errorf("%d changes", changes)
		}
	})
}

// What an earlier change has served already needs no other one.
func TestC2GatheredServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r renewals
		served := map[string]bool{"a": true}
		var work sync.WaitGroup
		changes := 0
		for _, names := range [][]string{{"a"}, {"a", "b"}, {"a", "b"}} {
			for _, name := range names {
				work.Go(func() {
					one := renewal{time.Hour, func() bool { return served[name] }}
					if err := r.serve(t.Context(), one, func(context.Context) error { changes, served["b"] = changes+1, true; return nil }); err != nil {
						t.Error(err)
					}
				})
			}
			work.Wait()
		}
		if changes != 1 {
			t.Errorf("%d changes", changes)
		}
	})
}
