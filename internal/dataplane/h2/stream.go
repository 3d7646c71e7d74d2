package h2

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// Stream is one request with its answer. It is a context too, which ends when
// the client is no longer interested. Its methods may be called from any
// goroutine, but Detach, and what answers, from that of the handler alone.
type Stream struct {
	ID uint32
	fields.Request
	// User is the handler's own.
	User any

	conn     *Conn
	detached bool

	// conn.mu guards what follows.
	remoteDone bool // the client has ended its side
	localDone  bool // our side has ended, or the stream was reset
	returned   bool // Serve has
	settled    bool // the answer was written, or never will be
	counted    bool // as being served
	tunnel     bool
	gone       error // the client has left, or the connection has
	after      Code  // to reset with once the answer has ended
	wake       sync.Cond
	order      // of writing

	// The answer.
	window   int64  // that the client takes
	pending  []byte // to be sent
	last     bool   // nothing follows pending
	begun    bool   // the final head is queued
	sent     int64
	moved    int64     // since writeBy was set
	writeBy  time.Time // the client has to open a window
	incoming           // the request's body

	interest
}

// errReset is the end of a stream that the client has reset.
var errReset = errors.New("http/2: reset by the client")

// newStream makes the stream that a header block begins; c.mu is held.
func (c *Conn) newStream(b block) *Stream {
	s := &Stream{ID: b.stream, Request: c.head.Request, conn: c, window: c.initial, remoteDone: b.end, counted: true}
	s.wake.L = &c.mu
	s.room = bounds.StreamWindow
	if b.end {
		s.ended = io.EOF
	}
	if errors.Is(s.Fault, wire.ErrMalformed) {
		s.after = ProtocolError
	}
	s.order = c.updates.take(s.ID, s.Header)
	c.streams[s.ID] = s
	c.serving++
	return s
}

// Detach lets another goroutine read from the connection. A handler calls it
// before it waits for anything but the file system; it may be called again.
func (s *Stream) Detach() {
	if !s.detached {
		s.detached = true
		s.conn.spawn()
	}
}

// Sent is how many bytes of the answer's body have been written.
func (s *Stream) Sent() int64 {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.sent
}

// Reset ends the stream, whose answer is then not whole.
func (s *Stream) Reset(code Code) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.open() {
		s.reset(code)
	}
}

// Cancel resets a stream that nobody wants answered.
func (s *Stream) Cancel() { s.Reset(Cancel) }

// Break resets a stream whose answer does not come to its end.
func (s *Stream) Break() { s.Reset(InternalError) }

// open reports whether the stream goes on, be it in one direction.
func (s *Stream) open() bool { return s.conn.streams[s.ID] == s }

// reset is Reset with the lock held.
func (s *Stream) reset(code Code) { s.resetFor(code, os.ErrClosed) }

func (s *Stream) resetFor(code Code, why error) {
	c := s.conn
	c.out = appendReset(c.queued(), s.ID, code)
	c.forget(s, byServer)
	s.abort(why)
}

// abort ends whatever goes on in a stream; the lock is held.
func (s *Stream) abort(why error) {
	if s.localDone && s.gone != nil {
		return
	}
	s.localDone, s.pending, s.gone = true, nil, why
	if s.ended == nil {
		s.ended = why
	}
	s.wake.Broadcast()
	s.lost()
	s.written()
}

// forget removes a stream whose end the client knows; the lock is held.
func (c *Conn) forget(s *Stream, how ending) {
	if !s.open() {
		return
	}
	delete(c.streams, s.ID)
	c.closed.add(s.ID, how)
	if !s.tunnel || how != byBoth {
		c.drop(&s.incoming)
	}
	if how == byBoth || s.returned {
		c.uncount(s)
	}
}

// uncount makes room for another stream; the lock is held.
func (c *Conn) uncount(s *Stream) {
	if !s.counted {
		return
	}
	s.counted = false
	c.serving--
	if s.tunnel {
		c.tunnels--
	}
	if c.serving == 0 {
		c.quiet()
	}
}

// written notes that nothing of a stream's answer is to be written any more;
// the lock is held, and settle has to follow.
func (s *Stream) written() {
	if s.settled {
		return
	}
	s.settled = true
	if s.returned {
		s.conn.over = append(s.conn.over, s)
	}
}

// returned notes that Serve has returned.
func (c *Conn) returned(s *Stream) {
	c.mu.Lock()
	if !s.localDone && !s.last {
		s.reset(InternalError)
	}
	s.returned = true
	if !s.open() {
		c.uncount(s)
	}
	if s.settled {
		c.over = append(c.over, s)
	}
	if s.detached {
		c.flushSoon()
	}
	c.mu.Unlock()
	c.settle()
}

// settle tells the handler of the streams that are over.
func (c *Conn) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.over) > 0 {
		over := c.over
		c.over, c.spareOver = c.spareOver[:0], nil
		c.mu.Unlock()
		for _, s := range over {
			c.handler.Ended(s)
		}
		c.mu.Lock()
		for _, s := range over {
			c.reuse(s.Header)
		}
		clear(over)
		c.spareOver = over[:0]
	}
}
