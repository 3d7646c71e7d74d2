package dataplane

import (
	"errors"
	"io"
	"net"
	"net/http"
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
	wanted   atomic.Bool // somebody has begun to read it
	finished atomic.Bool // read to its end
	aborted  atomic.Bool // so that the connection's read deadline is over

	mu       sync.Mutex
	expect   bool // the client waits for a 100
	answered bool // it gets no 100 any more
}

// start makes b the body of the request under way.
func (b *requestBody) start(c *http1, length, limit int64, expect bool, least time.Duration) {
	b.conn, b.pace, b.expect, b.answered = c, upload.Pace{Limit: least}, expect, false
	b.wanted.Store(false)
	b.finished.Store(false)
	b.Reset(c.reader, length, limit)
}

// Read first sends a 100, if the client waits for one.
func (b *requestBody) Read(p []byte) (int, error) {
	b.wanted.Store(true)
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

// overhear reads a short body that nobody reads, before the answer of that status is given
// to an nginx that passes the body on as it comes. If the answer reached it before the end
// of the body, it would say that the client's connection is kept, and close it.
func (b *requestBody) overhear(status int) {
	const most, patience = 64 << 10, time.Second
	tooLong := status == http.StatusRequestEntityTooLarge
	if b.finished.Load() || b.wanted.Load() && !tooLong || b.conn.x.Length > most {
		return
	}
	if tooLong {
		b.Resume()
	}
	b.conn.read.exactly(b.conn.SetReadDeadline, time.Now().Add(patience))
	_, _ = io.CopyN(io.Discard, &b.Body, most) // what is left then ends the connection
	_, _ = b.took(0, nil)
	b.conn.read.forget()
}

// Abort ends a Read that another goroutine is in.
func (b *requestBody) Abort() {
	b.aborted.Store(true)
	_ = b.conn.SetReadDeadline(time.Unix(1, 0))
}

// left notes that nobody reads the body any more. What an Abort has done to the connection
// does not last.
func (b *requestBody) left() {
	if b.aborted.Swap(false) {
		b.conn.read.forget()
	}
}

// drain takes in what is left of a small body, so that the next request can
// be read.
func (b *requestBody) drain() bool {
	b.Resume() // whoever was to read it may have been told to stop
	_, err := io.CopyN(io.Discard, b, 64<<10)
	return errors.Is(err, io.EOF)
}
