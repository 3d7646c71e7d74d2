package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/wire"
)

func newBuffer() any { return wire.NewBuffer() }

// conn is one connection to a server, used by one exchange at a time.
type conn struct {
	net.Conn
	asking
	server *server
	reader *wire.Reader
	out    []byte // reused from exchange to exchange
	says   []byte // what the connection begins with, until that is sent
	used   time.Time
	armed  time.Time     // the read deadline that is set
	pause  time.Duration // the longest wait of a read; zero leaves the deadline as it is
	seen   [16]byte      // what a look has seen
	once   sync.Once
	closer func() // close; made once
}

// newConn makes a connection of one that may speak TLS over socket.
func newConn(to net.Conn, s *server, socket net.Conn) *conn {
	c := &conn{Conn: to, server: s}
	c.closer = c.close
	if s.line != nil {
		c.says = s.line.Preface
	}
	c.enter(socket)
	c.reader = wire.NewReader(c, s.buffers)
	return c
}

// close closes the connection. The buffer goes with it, because a reader may
// still be at it.
func (c *conn) close() { c.once.Do(func() { _ = c.Conn.Close() }) }

// arm sets the read deadline to d from now. Not much later than that is as
// good, and saves a timer operation for nearly every read.
func (c *conn) arm(d time.Duration) {
	now := time.Now()
	if left := c.armed.Sub(now); left >= d && left <= d+d/4 {
		return
	}
	c.armed = now.Add(d + d/8)
	_ = c.SetReadDeadline(c.armed)
}

// body is a response's body. Its Close gives the connection back where the
// body was read to its end.
type body struct {
	wire.Body
	conn    *conn
	keep    bool
	stop    func() bool // of the watch over the exchange's context
	sending *sending    // the request's body, where it is still on its way
	closed  bool
}

// Waits reports whether what comes next of the body is not there yet.
func (b *body) Waits() bool {
	if b.AtHand() {
		return false
	}
	empty := len(b.conn.reader.Buffered()) == 0
	return !(empty && b.conn.ready() && (b.AtHand() || len(b.conn.reader.Buffered()) == 0))
}

// Close may be called more than once.
func (b *body) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	b.conn.finish(b.stop(), b.keep && b.Done(), b.sending)
	return nil
}

// finish ends an exchange: the connection is kept only if nothing of it is
// left on either side.
func (c *conn) finish(undisturbed, keep bool, s *sending) {
	defer c.server.end()
	c.pause = 0
	if keep && len(c.reader.Buffered()) > 0 {
		c.server.mistrust()
		keep = false
	}
	if undisturbed && keep && s.complete() {
		c.kept = true
		c.server.give(c)
		return
	}
	c.close()
	s.cancel()
}

// sending is a request body on its way beside the wait for the answer. A nil
// one is complete.
type sending struct {
	ended  chan struct{}
	begin  func() // sends a body that waits to be asked for; nil once it is on its way
	body   io.Reader
	failed atomic.Bool
	err    error     // valid once failed or ended
	at     time.Time // when the body had gone out; valid once ended
}

// Aborter is a request body whose Read another goroutine can end.
type Aborter interface{ Abort() }

// send copies a body of that length, as copyBody has it, to the connection in a
// goroutine of its own. A server that takes nothing of it for longer than patience
// has timed out.
func (c *conn) send(body io.Reader, length int64, frame framing, patience time.Duration) *sending {
	s := &sending{ended: make(chan struct{}), body: body}
	s.begin = func() {
		defer close(s.ended)
		if s.err = copyBody(&sink{conn: c.Conn, patience: patience}, body, length, frame); s.err != nil {
			s.failed.Store(true)
			if errors.Is(s.err, ErrClient) {
				c.close() // nobody need wait for the answer to half a request
			}
			return
		}
		s.at = time.Now()
		_ = c.SetWriteDeadline(time.Time{})
	}
	return s
}

// start sends a body that is not on its way yet.
func (s *sending) start() {
	if s != nil && s.begin != nil {
		go s.begin()
		s.begin = nil
	}
}

// sink bounds each write of a request's body.
type sink struct {
	conn     net.Conn
	patience time.Duration
	until    time.Time
}

// Write sets the deadline seldom, as conn.arm does.
func (s *sink) Write(p []byte) (int, error) {
	now := time.Now()
	if left := s.until.Sub(now); left < s.patience {
		s.until = now.Add(s.patience + s.patience/8)
		_ = s.conn.SetWriteDeadline(s.until)
	}
	return s.conn.Write(p)
}

func (s *sending) complete() bool {
	if s == nil {
		return true
	}
	select {
	case <-s.ended:
		return s.err == nil
	default:
		return false
	}
}

// cancel returns once nothing reads from the request's body any more.
func (s *sending) cancel() {
	if s == nil || s.begin != nil {
		return
	}
	select {
	case <-s.ended:
		return
	default:
	}
	if a, ok := s.body.(Aborter); ok {
		a.Abort()
	}
	<-s.ended
}

// watch closes the connection when ctx ends before the returned function is
// called; that then returns false.
func (c *conn) watch(ctx context.Context) func() bool {
	if own, ok := ctx.(watchable); ok {
		return own.AfterFunc(c.closer)
	}
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, c.closer)
}

// watchable is a context that can be watched for less than context.AfterFunc takes, by a
// method that promises the same.
type watchable interface {
	AfterFunc(f func()) (stop func() bool)
}
