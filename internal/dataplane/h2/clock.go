package h2

import (
	"os"
	"time"
)

// enoughMoved is how many bytes a slow reader has to take in the time that it is given.
const enoughMoved = 1 << 10

// clock ends what takes too long on single streams. It runs only while
// something waits. The connection's lock guards it.
type clock struct {
	timer *time.Timer
	at    time.Time // when it strikes; zero where it does not
}

// tickAt has the clock strike at t or before; zero is never.
func (c *Conn) tickAt(t time.Time) {
	if t.IsZero() || c.err != nil || !c.at.IsZero() && !t.Before(c.at) {
		return
	}
	c.at = t
	if d := time.Until(t); c.timer == nil {
		c.timer = time.AfterFunc(d, c.strike)
	} else {
		c.timer.Reset(d)
	}
}

func (c *Conn) stopClock() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

// stall notes that a stream waits for a window; the lock is held.
func (s *Stream) stall() {
	if !s.writeBy.IsZero() || s.tunnel {
		return
	}
	s.moved = 0
	s.writeBy = time.Now().Add(s.conn.handler.Limits().Idle)
	s.conn.tickAt(s.writeBy)
}

// strike has a goroutine end the streams whose time is over.
func (c *Conn) strike() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil { // so that somebody reads, and Serve waits
		c.running.Add(1)
		c.handler.Go(c.expire)
	}
}

func (c *Conn) expire() {
	defer c.running.Done()
	c.mu.Lock()
	now := time.Now()
	c.at = time.Time{}
	var next time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, s := range c.streams {
		switch {
		case s.writeBy.IsZero():
		case !now.Before(s.writeBy):
			s.resetFor(Cancel, os.ErrDeadlineExceeded)
		default:
			sooner(s.writeBy)
		}
		switch {
		case s.readBy.IsZero() || s.ended != nil || s.late:
		case !now.Before(s.readBy):
			s.late = true
			s.wake.Broadcast()
		default:
			sooner(s.readBy)
		}
	}
	c.tickAt(next)
	c.flush(nil)
	c.mu.Unlock()
	c.settle()
}
