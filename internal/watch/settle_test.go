package watch

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestSettle(t *testing.T) {
	const ms = time.Millisecond
	every := func(pause, until time.Duration) (stirs []time.Duration) {
		for at := time.Duration(0); at <= until; at += pause {
			stirs = append(stirs, at)
		}
		return stirs
	}
	tests := []struct {
		name  string
		stirs []time.Duration // when something happens
		works time.Duration   // how long the act takes
		want  []time.Duration // when it begins
	}{
		{"nothing happens", nil, 0, nil},
		{"one event", []time.Duration{0}, 0, []time.Duration{100 * ms}},
		{"a burst is one", []time.Duration{0, 10 * ms, 90 * ms, 180 * ms}, 0, []time.Duration{280 * ms}},
		{"two that lie apart", []time.Duration{0, 150 * ms}, 0, []time.Duration{100 * ms, 250 * ms}},
		{"no end of it", every(60*ms, 5*time.Second), 0, []time.Duration{2 * time.Second, 4040 * ms, 5080 * ms}},
		{"far too many", every(10*time.Microsecond, 2500*ms), 0, []time.Duration{2 * time.Second, 2600 * ms}},
		{"while it acts", []time.Duration{0, 200 * ms}, 300 * ms, []time.Duration{100 * ms, 500 * ms}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var got []time.Duration
				act := func() {
					got = append(got, time.Since(began))
					time.Sleep(test.works)
				}
				ctx, cancel := context.WithCancel(t.Context())
				stirred, ended := make(chan struct{}, 1), make(chan struct{})
				go func() {
					defer close(ended)
					settle(ctx, stirred, 100*ms, 2*time.Second, act)
				}()
				for _, at := range test.stirs {
					time.Sleep(at - time.Since(began))
					select {
					case stirred <- struct{}{}:
					default:
					}
				}
				time.Sleep(10 * time.Second)
				cancel()
				<-ended
				for i := range got {
					got[i] = got[i].Round(ms)
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("acted at %v, want %v", got, test.want)
				}
			})
		})
	}
}
