package h2

import (
	"net"
	"runtime"
	"sync"
	"time"

	"edgegen/internal/dataplane/bounds"
)

// output is what is to be written.
type output struct {
	encoder   encoder
	out       []byte    // heads and control frames, and what was pulled behind them
	ending    []*Stream // whose answers end in out
	spare     []*Stream // memory for ending
	queue     queue
	writing   bool      // somebody writes
	drained   sync.Cond // signalled when a write has ended
	window    int64     // of the connection, for DATA
	blocked   bool      // streams wait for window
	initial   int64     // window of a new stream
	writeBy   time.Time // the deadline that is set
	over      []*Stream // to be told to the handler
	spareOver []*Stream
}

// BufferSize is what is collected at most before it is written, nearly always, with what
// TLS adds to it.
const BufferSize = batchSize + 2*maxFrame + 1<<10

// queued returns the output to append to. The lock is held, as for what follows.
func (c *Conn) queued() []byte {
	if c.out == nil {
		c.out = (*c.buffers.Get().(*[]byte))[:0]
	}
	return c.out
}

// recycle gives a buffer back, unless it has grown.
func (c *Conn) recycle(b []byte) {
	if cap(b) == BufferSize {
		c.buffers.Put(&b)
	}
}

// flushReading is flush for the goroutine that reads. Where the client takes
// nothing for now, another goroutine reads meanwhile.
func (c *Conn) flushReading() progress {
	how := stepped
	c.flush(func() {
		if how != handed { // one of several writes
			how = handed
			c.spawn()
		}
	})
	if how == handed {
		c.mu.Unlock()
		c.settle()
		c.mu.Lock()
	}
	return how
}

// flush writes what is queued, unless somebody writes already, who then does.
// blocked, if not nil, is called when a write has to wait.
func (c *Conn) flush(blocked func()) {
	if c.writing {
		return
	}
	c.writing = true
	for c.err == nil {
		c.pull()
		if len(c.out) == 0 {
			break
		}
		batch, ended := c.out, c.ending
		c.out, c.ending, c.spare = nil, c.spare[:0], nil
		c.mu.Unlock()
		err := c.write(batch, blocked)
		c.mu.Lock()
		c.recycle(batch)
		for _, s := range ended {
			s.written()
		}
		clear(ended)
		c.spare = ended[:0]
		if err != nil {
			c.fail(err)
		}
		c.drained.Broadcast()
		if len(c.over) > 0 {
			c.mu.Unlock()
			c.settle()
			c.mu.Lock()
		}
	}
	if c.out != nil && len(c.out) == 0 {
		c.recycle(c.out)
		c.out = nil
	}
	c.writing = false
	c.drained.Broadcast()
}

// flushSoon is flush, once whoever is ready to queue something has done so: one
// write costs more than many answers.
func (c *Conn) flushSoon() {
	if c.writing {
		return
	}
	c.writing = true // they leave it to us
	c.mu.Unlock()
	runtime.Gosched()
	c.mu.Lock()
	c.writing = false
	c.flush(nil)
}

// write writes outside of the lock.
func (c *Conn) write(p []byte, blocked func()) error {
	now, idle := time.Now(), c.handler.Limits().Idle
	if left := c.writeBy.Sub(now); left < idle || left > idle+idle/4 {
		c.writeBy = now.Add(idle + idle/8)
		_ = c.net.SetWriteDeadline(c.writeBy)
	}
	if c.socket == nil {
		if blocked != nil {
			blocked() // it cannot tell
		}
		_, err := c.net.Write(p)
		return err
	}
	return c.socket.gather(c.net, p, c.buffers, blocked)
}

// pull takes frames of DATA from the streams, as the windows and their order
// allow.
func (c *Conn) pull() {
	for len(c.out) < batchSize {
		s := c.queue.next()
		if s == nil {
			return
		}
		n := min(int64(len(s.pending)), maxFrame)
		if n > 0 {
			if n = min(n, s.window, c.window); n <= 0 {
				c.blocked = c.blocked || c.window <= 0
				s.stall()
				continue
			}
		}
		c.send(s, int(n))
	}
}

// send appends one frame of DATA.
func (c *Conn) send(s *Stream, n int) {
	flags := uint8(0)
	if s.last && n == len(s.pending) {
		flags = flagEndStream
	}
	c.out = append(appendFrame(c.queued(), n, kindData, flags, s.ID), s.pending[:n]...)
	s.pending = s.pending[n:]
	s.window -= int64(n)
	c.window -= int64(n)
	s.sent += int64(n)
	if s.moved += int64(n); s.moved >= enoughMoved || len(s.pending) == 0 {
		s.writeBy = time.Time{}
	}
	c.budget.Gain(gainData)
	switch {
	case flags != 0:
		c.answered(s)
	case len(s.pending) > 0:
		c.ready(s)
	default:
		s.wake.Broadcast()
	}
}

// answered ends our side of a stream.
func (c *Conn) answered(s *Stream) {
	s.localDone, s.pending = true, nil
	c.ending = append(c.ending, s)
	s.wake.Broadcast()
	c.budget.Gain(bounds.GainAnswer)
	if s.tunnel && !s.remoteDone {
		return // the client may go on
	}
	how := byBoth
	if !s.remoteDone || s.after != NoError {
		c.out = appendReset(c.out, s.ID, s.after)
		how = byServer
	}
	c.forget(s, how)
	c.uncount(s)
	if s.ended == nil { // a body that nobody needs any more
		s.ended = net.ErrClosed
	}
}
