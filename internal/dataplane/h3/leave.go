package h3

import (
	"time"

	"github.com/quic-go/quic-go/quicvarint"
)

// farewell is a connection's way to its end (RFC 9114, 5.2): the client is told that no
// more requests are wanted; after the time that it takes to hear of it, it is told which was
// the last; when that is answered, and the answer had time to arrive, the connection ends.
// The connection's lock guards it.
type farewell struct {
	told   bool
	final  bool
	over   bool // nothing is on its way any more
	timer  *time.Timer
	linger *time.Timer
}

func (f *farewell) stop() {
	f.final = true
	for _, t := range []*time.Timer{f.timer, f.linger} {
		if t != nil {
			t.Stop()
		}
	}
}

// lastID is an ID that no request has.
const lastID = 1<<62 - 4

// Leave ends the connection once the requests under way are answered, and those that the
// client sends before it hears of it. Tunnels go on.
func (c *Conn) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.farewell.told || c.closed || c.control == nil {
		return
	}
	c.farewell.told = true
	c.goAway(lastID)
	c.farewell.timer = time.AfterFunc(c.patience(4, 50*time.Millisecond), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.closed {
			return
		}
		c.farewell.final = true
		c.goAway(uint64(c.next))
		c.leaveWhenQuiet()
	})
}

// goAway says which request is the first that will not be answered; the lock is held.
func (c *Conn) goAway(id uint64) {
	const size = 8 // of the ID
	b := quicvarint.AppendWithLen(appendFrame(nil, kindGoAway, size), id, size)
	_ = c.control.TryWriteAll(b) // a client that takes no byte of it ends with the connection
}

// leaveWhenQuiet ends a connection that was left, once what was answered last has
// arrived; the lock is held.
func (c *Conn) leaveWhenQuiet() {
	f := &c.farewell
	if !f.final || c.closed || c.serving > c.tunnels || f.linger != nil && (!f.over || c.serving > 0) {
		return
	}
	f.linger = time.AfterFunc(c.patience(10, 250*time.Millisecond), func() {
		c.mu.Lock()
		f.over = true
		quiet := c.serving == 0
		c.mu.Unlock()
		if quiet {
			c.end(noError, "")
		}
	})
}

// patience is the time of so many round trips, and at least the given one.
func (c *Conn) patience(trips int, least time.Duration) time.Duration {
	return min(max(time.Duration(trips)*c.quic.ConnectionStats().SmoothedRTT, least), 2*time.Second)
}

// Left reports whether a connection that was told to leave has answered all that was
// asked, tunnels aside.
func (c *Conn) Left() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed || c.farewell.over && c.serving <= c.tunnels
}
