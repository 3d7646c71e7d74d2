package h2

import (
	"errors"
	"io"
	"net"
	"time"
)

// LastWait is how long a connection may wait for another request once its
// client was told to ask no more.
const LastWait = 5 * time.Second

// farewell is a connection's way to its end (RFC 9113 6.8): the client is told
// that no more requests are wanted; once it has heard that, which an answer to
// a PING proves, it is told which was the last; when that is answered, the
// connection ends.
type farewell struct {
	told  bool
	since time.Time
	final bool
}

const leavePing = "farewell"

// admits reports whether a stream may still begin.
func (f *farewell) admits() bool {
	return !f.final && (!f.told || time.Since(f.since) < LastWait)
}

// Leave ends the connection once the requests under way are answered, and
// those that the client sends before it hears of it. Tunnels go on.
func (c *Conn) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.farewell.told || c.err != nil {
		return
	}
	c.farewell.told, c.farewell.since = true, time.Now()
	b := appendGoAway(c.queued(), maxID, NoError)
	c.out = appendPing(b, 0, []byte(leavePing))
	if c.serving == 0 {
		c.quiet()
	}
	c.running.Add(1) // nobody waits for the client here
	c.handler.Go(func() {
		defer c.running.Done()
		c.mu.Lock()
		c.flush(nil)
		c.mu.Unlock()
	})
}

// Left reports whether a connection that was told to leave has answered all
// that was asked, tunnels aside. It waits for a second at most to hear that the
// client will ask no more.
func (c *Conn) Left() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.farewell
	if c.err != nil || !f.told || c.serving > c.tunnels {
		return c.err != nil
	}
	return f.final && c.tunnels > 0 || time.Since(f.since) > time.Second
}

// heard notes that the client knows; the lock is held.
func (c *Conn) heard() {
	if !c.farewell.told || c.farewell.final {
		return
	}
	c.farewell.final = true
	c.out = appendGoAway(c.queued(), c.last, NoError)
}

// quiet notes that no request is under way, and sees to it that the goroutine
// that reads wakes up for what that leads to; the lock is held.
func (c *Conn) quiet() {
	now := time.Now()
	c.idle = now
	if c.farewell.told {
		c.setRead(now)
		return
	}
	if c.read.IsZero() || !c.read.After(now) {
		c.setRead(now.Add(c.handler.Limits().Idle))
	}
}

// end ends the connection for a reason that its goroutine has met.
func (c *Conn) end(why error) {
	var fault *connError
	switch {
	case errors.As(why, &fault):
		c.say(fault.code)
		c.linger()
	case errors.Is(why, errOverdue), errors.Is(why, errLeft):
		c.say(NoError)
	}
	c.mu.Lock()
	c.fail(why)
	c.mu.Unlock()
	c.settle()
}

// say writes a last GOAWAY, and no more DATA before it.
func (c *Conn) say(code Code) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	if code != NoError || c.serving > 0 {
		c.queue = queue{}
	}
	c.out = appendGoAway(c.queued(), c.last, code)
	_ = c.net.SetWriteDeadline(time.Now().Add(lingerFor))
	for c.err == nil && len(c.out) > 0 {
		c.flush(nil)
		if c.writing {
			c.drained.Wait()
		}
	}
}

const lingerFor = 500 * time.Millisecond

// linger lets the client read what was said before the connection goes: what
// it still sends would otherwise make a reset of it.
func (c *Conn) linger() {
	half, ok := c.net.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.net.SetReadDeadline(time.Now().Add(lingerFor))
	var raw io.Reader = c.net
	if under, ok := c.net.(interface{ NetConn() net.Conn }); ok {
		raw = under.NetConn() // nobody need decrypt it
	}
	_, _ = io.CopyN(io.Discard, raw, 4<<20)
}
