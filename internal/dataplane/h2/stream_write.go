package h2

import (
	"net"

	"edgegen/internal/dataplane/fields"
)

// Head queues the head of the answer; end tells that no body follows.
func (s *Stream) Head(h fields.Answer, end bool) error {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.localDone {
		return s.failure()
	}
	flags := uint8(0)
	if end {
		flags, s.last = flagEndStream, true
	}
	s.begun = h.Status >= 200
	c.appendHead(s.ID, flags, &h)
	if end {
		c.answered(s)
	}
	return nil
}

func (s *Stream) failure() error {
	if s.gone != nil {
		return s.gone
	}
	return net.ErrClosed
}

// Last queues the end of the answer's body, which must not change any more.
func (s *Stream) Last(p []byte) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if !s.localDone {
		s.pending, s.last = p, true
		c.ready(s)
	}
}

// Write sends a part of the answer's body. It returns when p is on its way, as
// far as the client's windows allow.
func (s *Stream) Write(p []byte) (int, error) { return s.write(p, false) }

// WriteLast is Write for the last part.
func (s *Stream) WriteLast(p []byte) (int, error) { return s.write(p, true) }

func (s *Stream) write(p []byte, last bool) (int, error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.localDone {
		return 0, s.failure()
	}
	before := s.sent
	s.pending, s.last = p, last
	c.ready(s)
	c.flushSoon()
	for len(s.pending) > 0 {
		s.wake.Wait()
	}
	if n := int(s.sent - before); n < len(p) {
		return n, s.failure()
	}
	return len(p), nil
}

// Flush writes what is queued.
func (s *Stream) Flush() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.conn.flush(nil)
}
