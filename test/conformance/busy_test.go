package conformance

import (
	"sync/atomic"
	"testing"
	"time"
)

// stalls counts how often this machine was too busy for clocks of a second, which those
// of the configuration "quick" are: a short pause took much longer.
type stalls struct{ count atomic.Int64 }

const (
	shortPause = 20 * time.Millisecond
	longPause  = 100 * time.Millisecond
	// attempts is how often a case is tried whose clocks such a machine may have upset,
	// and how many letters markForm knows.
	attempts = 5
)

// watchForStalls counts until the test ends.
func watchForStalls(t *testing.T) *stalls {
	s := &stalls{}
	end, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		close(end)
		<-ended
	})
	go func() {
		defer close(ended)
		for {
			began := time.Now()
			select {
			case <-end:
				return
			case <-time.After(shortPause):
			}
			if time.Since(began) > longPause {
				s.count.Add(1)
			}
		}
	}()
	return s
}

// tryAgain reports whether a case that failed has to be tried again: it has clocks of a
// second, and the machine has stalled since there were so many stalls.
func (s *stalls) tryAgain(one contractCase, tried int, before int64) bool {
	return one.edge == "quick" && tried < attempts && s.count.Load() > before
}
