package h2

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/net/http2/hpack"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// Conn is one client's connection.
type Conn struct {
	net     net.Conn
	socket  *Socket // beneath net; nil where that is none
	handler Handler
	context context.Context
	buffers *sync.Pool
	running sync.WaitGroup // goroutines that read or serve

	// What follows belongs to the goroutine that reads.
	in       input
	decoder  *hpack.Decoder
	head     fields.Reader
	block    block
	frame    frame
	within   bool    // frame was begun
	prefixed bool    // what stands before its data was taken
	left     int     // of the frame's payload, padding not counted
	padding  int     // behind it
	target   *Stream // of a DATA frame; nil drops it
	prefaced bool    // the connection's preface has come
	greeted  bool    // the client's first SETTINGS have come
	began    time.Time
	last     uint32 // the highest stream that the client has begun
	closed   closed

	mu       sync.Mutex
	err      error // why nothing goes on any more
	streams  map[uint32]*Stream
	serving  int // requests under way, those that were reset included
	tunnels  int // of them
	idle     time.Time
	read     time.Time // the deadline that is set
	budget   bounds.Budget
	room     int64 // that the client may still send
	credit   int64 // that was consumed and not given back
	farewell farewell
	updates  priorityUpdates
	headers  []wire.Header // to be used again
	output
	clock
}

// New makes a Conn of a connection on which HTTP/2 was agreed. The ends of ctx and of the connection cut off what is under
// way. socket is what lies beneath conn, or nil. buffers holds *[]byte of
// BufferSize.
func New(ctx context.Context, conn net.Conn, socket *Socket, handler Handler, buffers *sync.Pool) *Conn {
	c := &Conn{net: conn, socket: socket, handler: handler, context: ctx, buffers: buffers,
		streams: map[uint32]*Stream{}}
	c.decoder = hpack.NewDecoder(defaultTableSize, c.field)
	c.encoder.init()
	c.window, c.initial, c.room, c.budget = defaultWindow, defaultWindow, bounds.ConnWindow, bounds.NewBudget()
	c.drained.L = &c.mu
	return c
}

// Serve serves the connection until it ends.
func (c *Conn) Serve() {
	c.began = time.Now()
	c.idle = c.began
	c.in.buf = make([]byte, inputSize)
	c.mu.Lock()
	c.greet()
	c.mu.Unlock()
	stop := context.AfterFunc(c.context, c.Cut)
	defer stop()
	c.running.Add(1)
	defer c.running.Wait()
	defer c.Cut()
	c.loop()
	c.running.Wait()
}

// Cut ends everything at once.
func (c *Conn) Cut() {
	c.mu.Lock()
	c.fail(net.ErrClosed)
	c.mu.Unlock()
	c.settle()
}

// loop reads from the connection until it ends, or another goroutine does.
func (c *Conn) loop() {
	defer c.running.Done()
	for {
		how, err := c.step()
		if err == nil && how == starved {
			how, err = c.wait()
		}
		if err != nil {
			c.end(err)
			return
		}
		if how == handed {
			return
		}
	}
}

// progress is what came of a step.
type progress int

const (
	stepped progress = iota // and there may be more to do
	starved                 // for more input
	handed                  // to another goroutine, which reads now
)

// wait writes what is queued, and reads more.
func (c *Conn) wait() (progress, error) {
	c.mu.Lock()
	how := c.flushReading()
	for c.err == nil && how != handed && len(c.out) > maxQueued {
		c.drained.Wait() // a client that takes no answers is not asked for more
	}
	err := c.err
	if err == nil && how != handed {
		err = c.arm(time.Now())
	}
	c.mu.Unlock()
	if err != nil || how == handed {
		return how, err
	}
	n, err := c.in.fill(c.net)
	if n > 0 || err == nil {
		return stepped, nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return stepped, nil // arm finds out whose time is over
	}
	return stepped, err
}

// arm sets the deadline for what is to come next; c.mu is held. It returns an
// error where that is overdue.
func (c *Conn) arm(now time.Time) error {
	until, over := c.due(now)
	if over != nil {
		return over
	}
	if until.IsZero() {
		if !c.read.IsZero() && !c.read.After(now) {
			c.setRead(time.Time{})
		}
		return nil
	}
	if !now.Before(until) {
		return errOverdue
	}
	// A deadline that comes too early does no harm, and one that comes a little
	// late spares setting it for each request.
	if c.read.IsZero() || !c.read.After(now) || c.read.After(until.Add(until.Sub(now)/8)) {
		c.setRead(until)
	}
	return nil
}

// due is when the client has to have sent something; zero where it need not.
func (c *Conn) due(now time.Time) (time.Time, error) {
	limits := c.handler.Limits()
	switch {
	case !c.greeted || c.block.stream != 0 || c.within && c.frame.kind != kindData || !c.within && c.in.len() > 0:
		if c.began.IsZero() {
			c.began = now
		}
		return c.began.Add(limits.Header), nil
	case c.tunnels > 0 || c.serving > 0 && !c.within:
		return time.Time{}, nil // each stream has a time of its own
	case c.serving > 0:
		return c.in.last.Add(limits.Idle), nil
	case c.farewell.final:
		return time.Time{}, errLeft
	case c.farewell.told:
		return c.farewell.since.Add(min(limits.Idle, LastWait)), nil
	}
	return c.idle.Add(limits.Idle), nil
}

var (
	// errOverdue is about a client that has not sent in time what it had to send.
	errOverdue = errors.New("http/2: overdue")
	// errLeft is how a connection ends after Leave.
	errLeft = errors.New("http/2: left")
)

func (c *Conn) setRead(t time.Time) {
	c.read = t
	_ = c.net.SetReadDeadline(t)
}

// spawn lets another goroutine read.
func (c *Conn) spawn() {
	c.running.Add(1)
	c.handler.Go(c.loop)
}

// fail cuts everything off; c.mu is held.
func (c *Conn) fail(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	for _, s := range c.streams {
		c.forget(s, byServer)
		s.abort(net.ErrClosed)
	}
	for _, s := range c.ending {
		s.written()
	}
	c.ending = nil
	c.stopClock()
	c.drained.Broadcast()
	_ = c.net.Close()
}
