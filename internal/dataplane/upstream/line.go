package upstream

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Line is one server that is reached in a way of its own: a tier behind this one. Its
// answers are framed well, and it is asked for bodies that a request's Expect holds back.
type Line struct {
	Dial    func(ctx context.Context, patience time.Duration) (net.Conn, error)
	Preface []byte        // what each connection begins with, before its first request
	Idle    time.Duration // how long a connection is kept on which nothing is asked
	Kept    *atomic.Int64 // counts those, with other lines' that have the same
	Most    int64         // how many of them there may be
	Buffers *sync.Pool    // of what wire.NewBuffer makes
}

// NewLine returns a group of that server alone. It connects to none; Close ends what is
// kept.
func NewLine(l *Line) *Group {
	s := &server{line: l, buffers: l.Buffers}
	s.trust.proven.Store(proofs)
	g := &Group{}
	g.roster.Store(&roster{members: []*member{{server: s, Endpoint: Endpoint{Weight: 1}}}, servers: []*server{s}})
	return g
}

// keeps counts one more connection, false where that would be too many. A server that
// is no line's has a bound of its own.
func (l *Line) keeps() bool {
	if l == nil {
		return true
	}
	if l.Kept.Add(1) > l.Most {
		l.Kept.Add(-1)
		return false
	}
	return true
}

// taken counts some connections no longer.
func (l *Line) taken(n int) {
	if l != nil {
		l.Kept.Add(int64(-n))
	}
}

// idleFor is how long a connection is kept on which nothing is asked.
func (s *server) idleFor() time.Duration {
	if s.line != nil {
		return s.line.Idle
	}
	return keepIdle
}

// tidyLater sees to it that a line closes what has rested for too long, also where nothing
// is asked any more: there are as many lines as clients. s.mu is held.
func (s *server) tidyLater() {
	if s.line == nil || s.tidied != nil {
		return
	}
	s.tidied = time.AfterFunc(s.line.Idle, func() {
		s.mu.Lock()
		s.tidied = nil
		old := s.stale(time.Now())
		if len(s.idle) > 0 && !s.closed {
			s.tidyLater()
		}
		s.mu.Unlock()
		s.drop(old)
	})
}
