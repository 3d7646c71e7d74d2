package h3

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// Stream is one request with its answer. It is a context too, which ends when the client
// is no longer interested. Its methods may be called from any goroutine, but what answers
// from that of the handler alone, and Read from one at a time.
type Stream struct {
	fields.Request
	// User is the handler's own.
	User any

	context.Context
	conn   *Conn
	quic   *quic.Stream
	in     *bufio.Reader
	header *wire.Header // the memory of Header

	served    bool
	tunnelled bool // of the connection's lock

	incoming // the request's body
	outgoing // the answer
}

func (c *Conn) newStream(q *quic.Stream) *Stream {
	return &Stream{Context: q.Context(), conn: c, quic: q, in: c.pools.reader(q), header: c.pools.header()}
}

// readHead reads the request, and as much of what follows as it takes to know whether it
// has a body. An error means that there is none to answer.
func (s *Stream) readHead() error {
	limits := s.conn.handler.Limits()
	_ = s.quic.SetReadDeadline(time.Now().Add(limits.Header)) // Read tells of what is wrong
	f, err := s.nextFrame()
	if err != nil {
		return err
	}
	if f.kind != kindHeaders {
		return fault(frameUnexpected, "no HEADERS first")
	}
	var head fields.Reader
	head.Reset(limits.HeaderSize, *s.header)
	if err := s.section(f, &head); err != nil {
		return err
	}
	ended := false
	if !head.Over() && !bodied(&head.Request) {
		if ended, err = s.endsHere(); err != nil {
			return err
		}
	}
	head.Finish(ended)
	s.Request = head.Request
	if ended {
		s.ended = io.EOF
	}
	_ = s.quic.SetReadDeadline(time.Time{})
	return nil
}

// bodied reports whether a request may have a body to come of which it says nothing: for
// that of another its end is waited for, as HTTP/3 has no flag that says so.
func bodied(r *fields.Request) bool {
	switch r.Method {
	case "POST", "PUT", "PATCH", "CONNECT":
		return true
	}
	return r.Length > 0
}

// order heeds what the request says of its priority (RFC 9218, 5).
func (s *Stream) order() {
	if p := fields.PriorityOf(s.Header); p.Told {
		s.prioritise(p)
	}
}

func (s *Stream) prioritise(p fields.Priority) {
	s.quic.SetPriority(int8(p.Urgency), p.Incremental)
}

// Detach does nothing: a request does not hold up others.
func (s *Stream) Detach() {}

// Reset ends the stream, whose answer is then not whole.
func (s *Stream) Reset(code quic.StreamErrorCode) {
	s.quic.CancelRead(code)
	if !s.finished.Load() { // what is on its way arrives
		s.broken.Store(true)
		s.quic.CancelWrite(code)
	}
}

// Cancel resets a stream that nobody wants answered.
func (s *Stream) Cancel() { s.Reset(requestCancelled) }

// Break resets a stream whose answer does not come to its end. What was written of it
// reaches a client that knows how (draft-ietf-quic-reliable-stream-reset); any other
// throws away what it has not read.
func (s *Stream) Break() {
	s.quic.SetReliableBoundary()
	s.Reset(internalError)
}

// close ends what the handler has left open, and reports whether the answer was broken
// off, by the client or by the handler.
func (s *Stream) close() (unanswered bool) {
	code := quic.StreamErrorCode(noError) // nobody reads what is still to come (RFC 9114, 4.1)
	if s.malformed || s.Fault != nil {
		code = messageError
	}
	if !s.finished.Load() && !s.broken.Swap(true) {
		s.quic.CancelWrite(internalError)
	}
	if !errors.Is(s.ended, io.EOF) {
		s.quic.CancelRead(code)
	}
	return s.broken.Load()
}

// release gives memory back.
func (s *Stream) release() {
	p := s.conn.pools
	s.in.Reset(nil)
	p.readers.Put(s.in)
	const longest = 64
	if h := s.Header; cap(h) > 0 && cap(h) <= longest {
		clear(h[:cap(h)])
		*s.header = h[:0]
		p.headers.Put(s.header)
	}
}

// outgoing is the answer on its way.
type outgoing struct {
	finished atomic.Bool // its end is queued
	writing  sync.Mutex  // guards what follows
	out      *[]byte     // heads that were not written yet
	sent     int64       // of the body
	begun    bool        // the final head is out
}
