package coding

import (
	"bytes"
	"errors"
	"io"
)

// readSize is how much of a body is read at a time.
const readSize = 32 << 10

// Stream returns a body in a coding, as it comes: whatever has been read of it can
// be read in the coding before more is waited for. Where body has a method Waits, that
// says whether it would have to be waited for; others are taken to be waited for each
// time. A body that breaks off does so in the coding too. Closing the result closes
// body.
func (c *Coders) Stream(coding string, body io.ReadCloser) (io.ReadCloser, error) {
	s := &stream{coders: c, coding: coding, from: body}
	var err error
	if s.encoder, err = c.take(coding, &s.out); err != nil {
		return nil, err
	}
	if kept, ok := c.buffers.Get().(*[]byte); ok {
		s.in = kept
	} else {
		fresh := make([]byte, readSize)
		s.in = &fresh
	}
	return s, nil
}

// stream is a body that is being encoded.
type stream struct {
	coders  *Coders
	coding  string
	encoder encoder
	from    io.ReadCloser
	in      *[]byte
	out     bytes.Buffer
	ended   error
	closed  bool
}

// Read encodes until there is something to return.
func (s *stream) Read(p []byte) (int, error) {
	for s.out.Len() == 0 {
		if s.ended != nil {
			return 0, s.ended
		}
		s.out.Reset()
		s.more()
	}
	return s.out.Read(p)
}

// more encodes what comes next.
func (s *stream) more() {
	n, err := s.from.Read(*s.in)
	if n > 0 {
		if _, failed := s.encoder.Write((*s.in)[:n]); failed != nil {
			err = failed
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		if err = s.encoder.Close(); err == nil {
			err = io.EOF
		}
	case err == nil && waits(s.from):
		err = s.encoder.Flush()
	}
	s.ended = err
}

// Waits reports whether a Read would have to wait.
func (s *stream) Waits() bool { return s.out.Len() == 0 && s.ended == nil && waits(s.from) }

// waits reports whether a body has to be waited for, as far as it says.
func waits(body io.Reader) bool {
	w, ok := body.(interface{ Waits() bool })
	return !ok || w.Waits()
}

// Close ends the encoding, wherever it is.
func (s *stream) Close() error {
	if !s.closed {
		s.closed = true
		s.ended = io.ErrClosedPipe
		s.coders.give(s.coding, s.encoder)
		s.coders.buffers.Put(s.in)
	}
	return s.from.Close()
}
