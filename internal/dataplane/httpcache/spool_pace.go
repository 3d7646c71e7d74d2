package httpcache

import (
	"time"
)

// pace waits while the body is too far ahead of its fastest reader. One that is
// going to be stored as far as anybody can tell waits for nobody.
func (s *Spool) pace(length int64) {
	for len(s.readers) > 0 && (!s.whole || length < 0) {
		lead := int64(window)
		if s.whole {
			lead = min(1<<20, s.limit/4)
		}
		switch {
		case s.size-s.fastest() < lead:
			return
		case s.whole:
			s.await(patience)
		default:
			s.room.Wait()
		}
	}
}

// await waits until a reader has moved, or for as long as patience lasts, or
// limit. A body that may be stored and has waited too long is not: what it has
// reserved would be missing to others.
func (s *Spool) await(limit time.Duration) {
	began := time.Now()
	alarm := time.AfterFunc(min(s.left, limit), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.room.Signal()
	})
	s.room.Wait()
	alarm.Stop()
	if s.left -= time.Since(began); s.left <= 0 && s.whole {
		s.letGo()
	}
}

// letGo gives up storing the body, and gives its reserved room back to the store.
func (s *Spool) letGo() {
	s.whole, s.left = false, patience
	s.store.Unreserve(s.held)
	s.held = 0
}

// leaveBehind drops readers, the slowest first, for which more would have to be kept than
// there is room for, if they do not move or patience is used up. The fastest one stays.
func (s *Spool) leaveBehind() {
	for !s.trim() {
		fastest := s.fastest()
		var last *SpoolReader
		for r := range s.readers {
			if r.at < fastest && (last == nil || r.at < last.at) {
				last = r
			}
		}
		if last == nil {
			return
		}
		if idle := time.Since(last.moved); idle < pause && s.left > 0 {
			s.await(pause - idle)
			continue
		}
		last.behind = true
		delete(s.readers, last)
		s.changed.Broadcast()
	}
}

func (s *Spool) fastest() int64 {
	at := int64(0)
	for r := range s.readers {
		at = max(at, r.at)
	}
	return at
}
