package h3

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// incoming is a request's body.
type incoming struct {
	left      uint64 // of the frame that is being read
	received  int64
	ended     error // io.EOF for the regular end; nil while there may be more
	trailed   bool  // trailers have come
	malformed bool
	broken    atomic.Bool // the stream was reset from here
}

// Read reads the request's body. It returns io.EOF at its end, and an error of package wire
// where it is not what the head has said.
func (s *Stream) Read(p []byte) (int, error) {
	if s.ended != nil {
		return 0, s.ended
	}
	if len(p) == 0 {
		return 0, nil
	}
	for s.left == 0 {
		if err := s.nextData(); err != nil {
			return 0, err
		}
	}
	n, err := s.in.Read(p[:min(uint64(len(p)), s.left)])
	s.left -= uint64(n)
	s.received += int64(n)
	switch {
	case s.Length >= 0 && s.received > s.Length && !s.tunnelled:
		return 0, s.refuse()
	case errors.Is(err, io.EOF) && s.left == 0:
		err = nil
	case errors.Is(err, io.EOF):
		err = s.fail(within(err))
	}
	return n, err
}

// nextData reads up to the next frame of the body.
func (s *Stream) nextData() error {
	f, err := s.nextFrame()
	switch {
	case errors.Is(err, io.EOF):
		return s.endBody()
	case errors.As(err, new(*connError)):
		return s.fail(err)
	case err != nil:
		return err // a deadline, or the client has left
	case s.trailed:
		return s.fail(fault(frameUnexpected, "a frame behind trailers"))
	case f.kind == kindHeaders:
		if err := s.trailers(f); err != nil {
			return s.fail(err)
		}
		return nil
	}
	s.left = f.length
	return nil
}

// fail ends the body for a reason that may end the connection too, and returns it.
func (s *Stream) fail(err error) error {
	s.ended = err
	s.conn.fail(err)
	return err
}

// trailers reads those, and drops what they say.
func (s *Stream) trailers(f frame) error {
	var section fields.Reader
	section.Reset(s.conn.handler.Limits().HeaderSize, nil)
	if err := s.section(f, &section); err != nil {
		return err
	}
	if s.trailed = true; section.Trailers() != nil {
		return s.refuse()
	}
	return nil
}

// endBody notes that the client has ended its side.
func (s *Stream) endBody() error {
	if s.Length >= 0 && s.received != s.Length && !s.tunnelled {
		return s.refuse()
	}
	s.ended = io.EOF
	return io.EOF
}

// refuse makes the request one that is refused, or resets the stream where it is too late
// for that.
func (s *Stream) refuse() error {
	s.malformed, s.ended = true, wire.ErrMalformed
	s.writing.Lock()
	begun := s.begun
	s.writing.Unlock()
	if begun {
		s.Reset(messageError)
	}
	return s.ended
}

// SetReadDeadline ends a Read that waits at that time; never, for zero.
func (s *Stream) SetReadDeadline(t time.Time) error { return s.quic.SetReadDeadline(t) }
