package dataplane

import (
	"os"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/h2"
	"edgegen/internal/dataplane/wire"
)

// streamBody is the body of a request over HTTP/2. It may be read by the
// goroutine that sends it on, while another delivers an early answer.
type streamBody struct {
	from    *h2.Stream
	left    int64 // that the limit allows
	expect  bool  // the client waits for a 100
	aborted atomic.Bool

	pace pace
}

// start makes b the body of e.
func (b *streamBody) start(e *stream, expect bool) {
	edge := e.model.edge
	b.from, b.left, b.expect = e.to, e.model.decide.Largest(), expect
	b.pace = pace{limit: edge.Timeout.Body}
}

// Limit lets no more than limit bytes through from now on.
func (b *streamBody) Limit(limit int64) { b.left = limit }

// Read asks for the body first, if the client waits for that.
func (b *streamBody) Read(p []byte) (int, error) {
	if b.aborted.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	if b.expect {
		b.expect = false
		if err := b.from.Head(h2.Head{Status: 100, Length: -1}, false); err != nil {
			return 0, err
		}
		b.from.Flush()
	}
	b.from.Detach()
	began := time.Now()
	_ = b.from.SetReadDeadline(began.Add(max(0, b.pace.left())))
	n, err := b.from.Read(p)
	b.pace.note(n, time.Since(began))
	if b.left -= int64(n); b.left < 0 {
		return 0, wire.ErrBodyTooLarge
	}
	return n, err
}

// Abort ends a Read that another goroutine is in.
func (b *streamBody) Abort() {
	b.aborted.Store(true)
	_ = b.from.SetReadDeadline(time.Unix(1, 0))
}
