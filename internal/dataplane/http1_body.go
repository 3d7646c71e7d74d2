package dataplane

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/upload"
	"edgegen/internal/dataplane/wire"
)

// requestBody is a request's body on its connection. It may be read by the
// goroutine that sends it on, while another delivers an early answer.
type requestBody struct {
	wire.Body
	conn     *http1
	pace     upload.Pace
	finished atomic.Bool // read to its end

	mu       sync.Mutex
	expect   bool // the client waits for a 100
	answered bool // it gets no 100 any more
}

// start makes b the body of the request under way.
func (b *requestBody) start(c *http1, length, limit int64, expect bool, least time.Duration) {
	b.conn, b.pace, b.expect, b.answered = c, upload.Pace{Limit: least}, expect, false
	b.finished.Store(false)
	b.Reset(c.reader, length, limit)
}

// Read first sends a 100, if the client waits for one.
func (b *requestBody) Read(p []byte) (int, error) {
	if err := b.invite(); err != nil {
		return 0, err
	}
	if b.Ready() {
		return b.took(b.Body.Read(p))
	}
	began := time.Now()
	if b.pace.Left() <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	b.conn.read.extend(b.conn.SetReadDeadline, began, b.pace.Left())
	n, err := b.Body.Read(p)
	b.pace.Note(n, time.Since(began))
	return b.took(n, err)
}

// took notes the end of the body.
func (b *requestBody) took(n int, err error) (int, error) {
	if b.Done() {
		b.finished.Store(true)
	}
	return n, err
}

// invite sends a 100, if the client waits for one and has no answer yet.
func (b *requestBody) invite() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.expect {
		return nil
	}
	if b.answered {
		return net.ErrClosed
	}
	b.expect = false
	_, err := io.WriteString(b.conn.Conn, "HTTP/1.1 100 Continue\r\n\r\n")
	return err
}

// answer keeps a 100 from coming after the final answer, and reports whether
// the client still waits for one.
func (b *requestBody) answer() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered = true
	return b.expect
}

// Abort ends a Read that another goroutine is in.
func (b *requestBody) Abort() { _ = b.conn.SetReadDeadline(time.Unix(1, 0)) }

// drain takes in what is left of a small body, so that the next request can
// be read.
func (b *requestBody) drain() bool {
	b.conn.read.until = time.Time{} // whoever was to read it may have been told to stop
	_, err := io.CopyN(io.Discard, b, 64<<10)
	return errors.Is(err, io.EOF)
}
