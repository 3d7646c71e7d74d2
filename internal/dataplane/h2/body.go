package h2

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/wire"
)

// incoming is a request's body on its way from the reading goroutine to the
// handler. It holds what has come, and no more than the window that the client
// was given.
type incoming struct {
	buf      []byte
	at       int
	ended    error // io.EOF for the regular end; nil while there may be more
	received int64
	room     int64 // that the client may still send
	credit   int64 // that was consumed and not given back to the client
	readBy   time.Time
	late     bool // readBy is over
}

// data takes what there is of a DATA frame.
func (c *Conn) data() (progress, error) {
	if !c.prefixed {
		if how, err := c.prefix(); how == starved || err != nil {
			return how, err
		}
		if err := c.receive(); err != nil {
			return stepped, err
		}
	}
	if c.left == 0 {
		return c.pad(), nil
	}
	p := c.in.take(c.left)
	if len(p) == 0 {
		return starved, nil
	}
	c.left -= len(p)
	c.mu.Lock()
	if c.target == nil || !c.target.take(p) {
		c.give(int64(len(p)))
	}
	c.mu.Unlock()
	c.settle()
	return stepped, nil
}

// receive finds the stream that a DATA frame is for, and counts its bytes.
func (c *Conn) receive() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, length := c.frame.stream, int64(c.frame.length)
	if c.room -= length; c.room < 0 {
		return &connError{FlowControlError, "more than the connection's window"}
	}
	data := int64(c.left)
	c.give(length - data)
	s := c.streams[id]
	switch {
	case s == nil && (id > c.last || id%2 == 0):
		return protocolError("DATA on an idle stream")
	case s == nil:
		if c.closed.how(id) != byServer {
			c.refuse(id, StreamClosed)
		}
	case s.remoteDone:
		c.refuse(id, StreamClosed)
	default:
		if s.room -= length; s.room < 0 {
			c.refuse(id, FlowControlError)
			break
		}
		s.consumed(length - data)
		c.target = s
	}
	if data == 0 && length > 0 && !c.frame.has(flagEndStream) {
		return c.spend(bounds.CostFrame) // nothing but padding
	}
	if data >= 1<<10 {
		c.budget.Gain(1)
	}
	return c.spend(0)
}

// take keeps data for the handler; false where nobody wants it. The lock is
// held, as for what follows.
func (s *Stream) take(p []byte) bool {
	s.received += int64(len(p))
	if s.Length >= 0 && s.received > s.Length {
		s.malformed()
	}
	if s.ended != nil {
		return false
	}
	if s.at > 0 && len(s.buf)+len(p) > cap(s.buf) {
		s.buf = s.buf[:copy(s.buf, s.buf[s.at:])]
		s.at = 0
	}
	s.buf = append(s.buf, p...)
	s.wake.Broadcast()
	return true
}

// endBody notes that the client has ended its side.
func (s *Stream) endBody() {
	s.remoteDone = true
	switch {
	case s.ended != nil:
	case s.Length >= 0 && s.received != s.Length:
		s.malformed()
	default:
		s.ended = io.EOF
		s.wake.Broadcast()
	}
	if s.localDone { // a tunnel whose other side had ended before
		s.conn.forget(s, byBoth)
		s.conn.uncount(s)
	}
}

// malformed makes the request one that is refused, or resets the stream where
// it is too late for that.
func (s *Stream) malformed() {
	if s.gone != nil {
		return
	}
	s.after = ProtocolError
	s.ended = wire.ErrMalformed
	s.conn.drop(&s.incoming)
	s.wake.Broadcast()
	if s.begun {
		s.reset(ProtocolError)
	}
}

// Read reads the request's body. It returns io.EOF at its end, and an error of
// package wire where it is not what the head has said.
func (s *Stream) Read(p []byte) (int, error) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for s.at == len(s.buf) {
		switch {
		case s.ended != nil:
			return 0, s.ended
		case s.late:
			return 0, os.ErrDeadlineExceeded
		}
		c.tickAt(s.readBy)
		s.wake.Wait()
	}
	n := copy(p, s.buf[s.at:])
	if s.at += n; s.at == len(s.buf) {
		s.at, s.buf = 0, s.buf[:0]
		if cap(s.buf) > inputSize {
			s.buf = nil
		}
	}
	s.consumed(int64(n))
	c.give(int64(n))
	c.flush(nil)
	return n, nil
}

// SetReadDeadline ends a Read that waits at that time; never, for zero.
func (s *Stream) SetReadDeadline(t time.Time) error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.readBy, s.late = t, !t.IsZero() && !t.After(time.Now())
	if s.late {
		s.wake.Broadcast()
	}
	return nil
}

// consumed lets the client send n more bytes on the stream.
func (s *Stream) consumed(n int64) {
	if s.credit += n; s.credit >= bounds.StreamWindow/4 && !s.remoteDone && s.gone == nil {
		s.conn.out = appendWindowUpdate(s.conn.queued(), s.ID, uint32(s.credit))
		s.room += s.credit
		s.credit = 0
	}
}

// give lets the client send n more bytes on the connection.
func (c *Conn) give(n int64) {
	if c.credit += n; c.credit >= bounds.ConnWindow/4 {
		c.out = appendWindowUpdate(c.queued(), 0, uint32(c.credit))
		c.room += c.credit
		c.credit = 0
	}
}

// drop throws away data that nobody is going to read. A Read that comes all the same,
// since an app may answer before it has the body, fails: otherwise what follows would be
// taken for the rest of it.
func (c *Conn) drop(in *incoming) {
	left := int64(len(in.buf) - in.at)
	c.give(left)
	in.buf, in.at = nil, 0
	if left > 0 && errors.Is(in.ended, io.EOF) {
		in.ended = net.ErrClosed
	}
}
