package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"edgegen/internal/dataplane/wire"
)

const (
	maxHead    = 64 << 10 // of a response
	maxInterim = 16       // 1xx responses before the final one
)

// read waits for the final response's head.
func (c *conn) read(o *outgoing, t Timeouts, stop func() bool, s *sending) (*wire.Response, error) {
	for interim := range maxInterim {
		text, err := c.head(t, s)
		if err != nil {
			return nil, failure("read the response", err)
		}
		head, err := wire.ParseResponse(text, nil)
		if err != nil || head.Status == http.StatusSwitchingProtocols {
			return nil, fmt.Errorf("%w: response: %w", ErrFailed, errors.Join(err, unasked(head.Status)))
		}
		if head.Status < 200 {
			if o.interimEnds && (o.Method == http.MethodHead || head.Length >= 0 || head.Chunked) {
				return nil, fmt.Errorf("%w: response: %d is no final status", ErrFailed, head.Status)
			}
			if head.Status == http.StatusContinue {
				s.start()
			}
			continue
		}
		if interim > 0 && o.interimEnds {
			if wire.HasBody(o.Method, head.Status) && head.Length < 0 && !head.Chunked { // which nginx does not end
				return nil, fmt.Errorf("%w: response: without a length, behind one of no final status", ErrFailed)
			}
			head.Keep = false
		}
		return c.response(o, head, t, stop, s)
	}
	return nil, fmt.Errorf("%w: too many interim responses", ErrFailed)
}

func unasked(status int) error {
	if status == http.StatusSwitchingProtocols {
		return errors.New("switches protocols unasked")
	}
	return nil
}

// head reads one head. While the request's body is on its way the time does
// not run.
func (c *conn) head(t Timeouts, s *sending) (string, error) {
	for wait := t.FirstByte; ; {
		c.arm(wait)
		text, err := c.reader.ReadResponseHead(maxHead)
		if s == nil || !isTimeout(err) || len(c.reader.Buffered()) > 0 {
			return text, err
		}
		select {
		case <-s.ended:
			if s.err != nil {
				return "", s.err
			}
			if wait -= time.Since(s.at); wait <= 0 {
				return "", err
			}
			s = nil
		default:
		}
	}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// response makes the response of its head. Where the first chunk is malformed there is none,
// and the client gets a page; when a later one is, its connection can only end.
func (c *conn) response(o *outgoing, head wire.ResponseHead, t Timeouts, stop func() bool, s *sending) (*wire.Response, error) {
	r := &wire.Response{Status: head.Status, Header: head.Header, Length: head.Length}
	if !wire.HasBody(o.Method, head.Status) || head.Length == 0 {
		c.finish(stop(), head.Keep, s)
		if !wire.HasBody(o.Method, head.Status) && o.Method != http.MethodHead {
			r.Length = -1
		}
		return r, nil
	}
	if c.pause = t.BetweenBytes; eventStream(head.Header.Get("Content-Type")) {
		c.pause = t.EventStream
	}
	b := &body{conn: c, keep: head.Keep, stop: stop, sending: s}
	switch {
	case head.Chunked:
		b.Reset(c.reader, -1, -1)
		if err := b.Begin(); err != nil {
			return nil, fmt.Errorf("%w: response: %w", ErrFailed, err)
		}
	case head.Length >= 0:
		b.Reset(c.reader, head.Length, -1)
	default:
		b.ResetUntilClose(c.reader)
		b.keep = false
	}
	r.Body = b
	return r, nil
}

// eventStream tells server-sent events, which may be silent for as long as they like.
func eventStream(mediaType string) bool {
	name, _, _ := strings.Cut(mediaType, ";")
	return wire.EqualFold(wire.TrimSpace(name), "text/event-stream")
}
