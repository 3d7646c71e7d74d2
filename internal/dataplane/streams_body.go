package dataplane

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/upload"
	"edgegen/internal/dataplane/wire"
)

// streamBody is the body of a request over HTTP/2 or 3. It may be read by the
// goroutine that sends it on, while another delivers an early answer.
type streamBody struct {
	from    carrier
	left    int64 // that the limit allows
	expect  bool  // the client waits for a 100
	wanted  atomic.Bool
	aborted atomic.Bool

	pace upload.Pace
}

// start makes b the body of e.
func (b *streamBody) start(e *stream, expect bool) {
	edge := e.model.edge
	b.from, b.left, b.expect = e.to, e.model.decide.Largest(), expect
	b.pace = upload.Pace{Limit: edge.Timeout.Body}
}

// Limit lets no more than limit bytes through from now on.
func (b *streamBody) Limit(limit int64) { b.left = limit }

// Read first sends a 100, if the client waits for one.
func (b *streamBody) Read(p []byte) (int, error) {
	b.wanted.Store(true)
	if b.aborted.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	if b.expect {
		b.expect = false
		if err := b.from.Head(fields.Answer{Status: 100, Length: -1}, false); err != nil {
			return 0, err
		}
		b.from.Flush()
	}
	b.from.Detach()
	began := time.Now()
	_ = b.from.SetReadDeadline(began.Add(max(0, b.pace.Left())))
	n, err := b.from.Read(p)
	b.pace.Note(n, time.Since(began))
	if b.left -= int64(n); b.left < 0 {
		return 0, wire.ErrBodyTooLarge
	}
	return n, err
}

// overhear reads a short body that nobody wants, before the answer is sent. Otherwise a
// reset behind the answer would refuse the rest of the body (RFC 9113, 8.1), and curl
// before 8.0 takes such a reset for a failure of the whole request.
func (b *streamBody) overhear(length int64) {
	const most, patience = 64 << 10, time.Second
	if b.wanted.Load() || b.expect || length > most {
		return
	}
	b.from.Detach()
	_ = b.from.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.CopyN(io.Discard, b.from, most) // the reset is for what comes later
}

// Abort ends a Read that another goroutine is in.
func (b *streamBody) Abort() {
	b.aborted.Store(true)
	_ = b.from.SetReadDeadline(time.Unix(1, 0))
}
