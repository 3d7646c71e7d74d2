// Package pipe carries bytes both ways between two connections: a WebSocket's, and those
// that are handed to a native tier as they are. While nothing moves a pipe has no goroutine
// and no buffers.
package pipe

import (
	"net"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/socket"
)

// Pipe copies both ways between a client and a backend until both have ended, or nothing has
// moved for Idle. When one direction ends, its receiver is told so, and the other direction
// goes on. A Pipe is for one Carry or Run.
type Pipe struct {
	Room *Room
	Idle time.Duration
	// After is how long a client may go on once the other side has ended; zero is as long
	// as it likes.
	After time.Duration
	// Awake is set where something moves from the start.
	Awake bool

	poller   *socket.Poller // nil where there is none
	up, down flow
	open     atomic.Int32 // flows that go on
	moved    atomic.Int64 // when a byte last moved, Unix nanoseconds
	over     atomic.Int64 // when the backend has ended, likewise; 0 before
	timer    *time.Timer
	done     func(up, down int64)
}

// calm is how long a direction keeps a goroutine in which nothing moves.
const calm = time.Second

// Carry copies, also after it has returned, and then calls done, with how many bytes went
// each way. Both connections are closed then; closing them ends it.
func (p *Pipe) Carry(client, backend net.Conn, done func(up, down int64)) {
	p.poller, p.done = p.Room.poller(), done
	p.open.Store(2)
	p.moved.Store(time.Now().UnixNano())
	p.up.begin(p, backend, client)
	p.down.begin(p, client, backend)
	p.timer = time.AfterFunc(24*time.Hour, p.strike)
	p.timer.Reset(p.Idle)
	if p.Awake || !p.down.plain || !p.down.rest() {
		p.down.resume()
	}
	if p.Awake {
		p.up.copy(calm)
	} else {
		p.up.copy(0)
	}
}

// Run is Carry that waits for the end.
func (p *Pipe) Run(client, backend net.Conn) (up, down int64) {
	ended := make(chan struct{})
	p.Carry(client, backend, func(n, m int64) {
		up, down = n, m
		close(ended)
	})
	<-ended
	return up, down
}

// strike ends a pipe in which nothing has moved for too long.
func (p *Pipe) strike() {
	left := p.left(time.Now())
	if left <= 0 {
		p.abort()
	} else if p.timer.Reset(left); p.open.Load() == 0 {
		p.timer.Stop()
	}
}

// left is what is left of the time for the next byte.
func (p *Pipe) left(now time.Time) time.Duration {
	left := p.Idle - now.Sub(time.Unix(0, p.moved.Load()))
	if over := p.over.Load(); over != 0 {
		left = min(left, p.After-now.Sub(time.Unix(0, over)))
	}
	return left
}

// abort ends both directions.
func (p *Pipe) abort() {
	_ = p.up.from.Close()
	_ = p.down.from.Close()
	if p.poller != nil {
		p.poller.Wake(&p.up.wait)
		p.poller.Wake(&p.down.wait)
	}
}

// ended notes that a direction has ended.
func (p *Pipe) ended(f *flow) {
	if f == &p.down && p.After > 0 {
		p.over.Store(time.Now().UnixNano())
		p.timer.Reset(p.After)
	}
	if p.open.Add(-1) > 0 {
		return
	}
	p.timer.Stop()
	_ = p.up.from.Close()
	_ = p.down.from.Close()
	p.done(p.up.n, p.down.n)
}
