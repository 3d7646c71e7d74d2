package upstream

import (
	"time"
)

// take returns an idle connection, nil where there is none that may be used.
// The most recently used one is the likeliest to be open; while the server is
// on probation, the one that has rested for longest.
func (s *server) take() *conn {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.idle); n > 0; n-- {
		c := s.idle[n-1]
		if s.trust.probation() {
			if c = s.idle[0]; now.Sub(c.used) < rest {
				return nil
			}
			s.idle = s.idle[1:]
		} else {
			s.idle = s.idle[:n-1]
		}
		if now.Sub(c.used) < s.idleFor() {
			s.line.taken(1)
			return c
		}
		s.drop([]*conn{c})
	}
	return nil
}

// give keeps a connection for the next request.
func (s *server) give(c *conn) {
	c.used = time.Now()
	var old []*conn
	s.mu.Lock()
	keep := !s.closed && len(s.idle) < maxIdle && !s.trust.lost(c.used) && s.line.keeps()
	if keep {
		s.idle = append(s.idle, c)
		old = s.stale(c.used)
		s.tidyLater()
	}
	s.mu.Unlock()
	if !keep {
		c.close()
	}
	s.drop(old)
}

// stale takes out the connections that have rested for too long; s.mu is held.
func (s *server) stale(now time.Time) []*conn {
	n := 0
	for n < len(s.idle) && now.Sub(s.idle[n].used) > s.idleFor() {
		n++
	}
	old := append([]*conn(nil), s.idle[:n]...)
	s.idle = s.idle[n:]
	return old
}

// drop closes connections that were kept.
func (s *server) drop(kept []*conn) {
	for _, c := range kept {
		c.close()
	}
	s.line.taken(len(kept))
}

// mistrust ends the kept connections of a server that has sent what nobody
// asked for.
func (s *server) mistrust() {
	s.trust.lose()
	s.mu.Lock()
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	s.drop(idle)
}
