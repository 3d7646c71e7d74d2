package dataplane

import (
	"errors"
	"io"
	"net/http"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// deliver sends an answer. What is in memory is only queued; for the rest it
// waits until the client takes it.
func (e *stream) deliver(a answer) {
	s := e.to
	answers.WithoutBody(e.Method, a.Response)
	head := fields.Answer{Status: a.Status, Header: a.Header, Length: -1}
	if a.Length >= 0 && a.Status != http.StatusNoContent {
		head.Length = a.Length
	}
	if !a.Header.Has("Date") {
		head.Date = e.conn.plane.date()
	}
	if a.Body == nil {
		_ = s.Head(head, true) // it fails where the client has left
		return
	}
	if m, ok := a.Body.(*wire.Bytes); ok {
		rest := m.Rest()
		if s.Head(head, len(rest) == 0) == nil && len(rest) > 0 {
			s.Last(rest)
		}
		return
	}
	s.Detach()
	if s.Head(head, false) != nil {
		return
	}
	if err := e.send(a.Response); err != nil {
		s.Break() // nobody takes it for whole
	}
}

// send sends a body as it comes.
func (e *stream) send(r *wire.Response) error {
	s := e.to
	buf := e.conn.plane.copies.Get().(*[]byte)
	defer e.conn.plane.copies.Put(buf)
	if wire.Waits(r.Body) {
		s.Flush()
	}
	sent := int64(0)
	for {
		n, err := r.Body.Read(*buf)
		sent += int64(n)
		if errors.Is(err, io.EOF) || err == nil && sent == r.Length {
			if r.Length >= 0 && sent != r.Length {
				return io.ErrUnexpectedEOF
			}
			_, err := s.WriteLast((*buf)[:n])
			return err
		}
		if n > 0 {
			if _, werr := s.Write((*buf)[:n]); werr != nil {
				return werr
			}
		}
		if err != nil {
			return err
		}
	}
}

// date is now, as a Date says it.
func (p *Plane) date() string {
	now := time.Now()
	if last := p.now.Load(); last != nil && last.second == now.Unix() {
		return last.text
	}
	next := &dateOf{second: now.Unix(), text: now.UTC().Format(http.TimeFormat)}
	p.now.Store(next)
	return next.text
}

// dateOf is a second, and how a Date says it.
type dateOf struct {
	second int64
	text   string
}
