package h2

import (
	"context"
	"slices"
	"time"
)

// interest is the client's in a stream, as a context.
type interest struct {
	done  chan struct{}
	calls []*func() // to be called at its end
	first [1]*func()
}

// closedChan is what Done returns for a stream that is over before it was asked.
func closedChan() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// Deadline is never.
func (s *Stream) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done is closed when the client has left or reset the stream.
func (s *Stream) Done() <-chan struct{} {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.done == nil {
		if s.gone != nil {
			s.done = closedChan()
		} else {
			s.done = make(chan struct{})
		}
	}
	return s.done
}

// Err is context.Canceled once the client has left.
func (s *Stream) Err() error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.gone != nil {
		return context.Canceled
	}
	return nil
}

// Value has none.
func (s *Stream) Value(any) any { return nil }

// AfterFunc lets package context watch a stream without a goroutine.
func (s *Stream) AfterFunc(f func()) (stop func() bool) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.gone != nil {
		go f()
		return func() bool { return false }
	}
	if len(s.calls) == 0 {
		s.calls = s.first[:0]
	}
	own := &f
	s.calls = append(s.calls, own)
	return func() bool {
		s.conn.mu.Lock()
		defer s.conn.mu.Unlock()
		i := slices.Index(s.calls, own)
		if i < 0 {
			return false
		}
		s.calls = slices.Delete(s.calls, i, i+1)
		return true
	}
}

// lost ends the context; the lock is held.
func (s *Stream) lost() {
	if s.done != nil {
		close(s.done)
	}
	for _, f := range s.calls {
		go (*f)()
	}
	s.calls = nil
}
