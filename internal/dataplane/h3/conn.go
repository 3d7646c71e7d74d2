package h3

import (
	"bufio"
	"errors"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/wire"
)

// Conn is one connection. Its methods may be called from any goroutine.
type Conn struct {
	quic    *quic.Conn
	handler Handler
	pools   *Pools
	control *quic.SendStream // ours
	running sync.WaitGroup

	mu       sync.Mutex // guards what follows
	streams  map[quic.StreamID]*Stream
	serving  int           // streams whose handlers run
	tunnels  int           // of these
	next     quic.StreamID // the first that was not taken yet
	closed   bool
	idle     *time.Timer // runs while no stream is served
	farewell farewell
	budget   bounds.Budget
}

// New makes a Conn of what a Door has accepted.
func New(in *Incoming, handler Handler, pools *Pools) *Conn {
	return &Conn{quic: in.quic, handler: handler, pools: pools, streams: map[quic.StreamID]*Stream{},
		budget: bounds.NewBudget()}
}

// Serve serves a connection until it has ended, and all that it has begun.
func (c *Conn) Serve() {
	defer c.running.Wait()
	defer c.end(noError, "")
	ctx := c.quic.Context()
	if c.greet(ctx) != nil {
		return
	}
	c.mu.Lock()
	c.idle = time.AfterFunc(c.handler.Limits().Idle, func() { c.end(noError, "idle") })
	c.mu.Unlock()
	c.start(func() { c.controls(ctx) })
	for {
		q, err := c.quic.AcceptStream(ctx)
		if err != nil {
			return
		}
		if c.begin(q) {
			c.start(func() { c.serve(q) })
		}
	}
}

// start runs one of the connection's goroutines.
func (c *Conn) start(f func()) {
	c.running.Add(1)
	c.handler.Go(func() {
		defer c.running.Done()
		f()
	})
}

// begin counts a stream, or rejects it where the client was told to ask no more.
func (c *Conn) begin(q *quic.Stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.farewell.final {
		q.CancelRead(requestRejected)
		q.CancelWrite(requestRejected)
		q.ReleaseStreamCredit()
		return false
	}
	c.next = q.StreamID() + 4
	if c.serving++; c.serving == 1 {
		c.idle.Stop()
	}
	return true
}

// serve serves one request.
func (c *Conn) serve(q *quic.Stream) {
	s := c.newStream(q)
	defer c.finish(s)
	if err := s.readHead(); err != nil {
		c.refuse(s, err)
		return
	}
	c.mu.Lock()
	c.streams[q.StreamID()] = s
	c.mu.Unlock()
	s.served = true
	s.order()
	c.handler.Serve(s)
}

// refuse ends a stream that is no request.
func (c *Conn) refuse(s *Stream, err error) {
	if errors.As(err, new(*connError)) {
		c.fail(err)
		return
	}
	s.Reset(requestIncomplete) // gone, or dribbling
}

// finish lets go of a stream.
func (c *Conn) finish(s *Stream) {
	unanswered := s.close()
	c.mu.Lock()
	delete(c.streams, s.quic.StreamID())
	c.serving--
	if s.tunnelled {
		c.tunnels--
	}
	var flood error
	if unanswered {
		flood = c.spend(bounds.CostReset)
	} else {
		c.budget.Gain(bounds.GainAnswer)
	}
	if c.serving == 0 && !c.closed {
		c.idle.Reset(c.handler.Limits().Idle)
	}
	c.leaveWhenQuiet()
	c.mu.Unlock()
	s.quic.ReleaseStreamCredit()
	if s.served {
		c.handler.Ended(s)
	}
	s.release()
	c.fail(flood)
}

// fail ends the connection for a reason that a stream has met; nil is none.
func (c *Conn) fail(err error) {
	if e := (*connError)(nil); errors.As(err, &e) {
		c.end(e.code, e.why)
	}
}

// Cut ends the connection at once.
func (c *Conn) Cut() { c.end(internalError, "") }

func (c *Conn) end(code quic.ApplicationErrorCode, why string) {
	c.mu.Lock()
	c.closed = true
	if c.idle != nil {
		c.idle.Stop()
	}
	c.farewell.stop()
	c.mu.Unlock()
	_ = c.quic.CloseWithError(code, why) // it may have ended already
}

func (p *Pools) reader(from *quic.Stream) *bufio.Reader {
	if r, ok := p.readers.Get().(*bufio.Reader); ok {
		r.Reset(from)
		return r
	}
	return bufio.NewReaderSize(from, inputSize)
}

func (p *Pools) header() *wire.Header {
	if h, ok := p.headers.Get().(*wire.Header); ok {
		return h
	}
	h := make(wire.Header, 0, 32)
	return &h
}

func buffer(pool *sync.Pool, size int) *[]byte {
	if b, ok := pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, size)
	return &b
}
