package dataplane

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/socket"
)

// pipe copies both ways between a client and a backend until both have
// ended, or nothing has moved for idle. The end of one direction is passed
// on; the other goes on.
type pipe struct {
	plane *Plane
	idle  time.Duration
	// after is how long a client may go on once the other side has ended;
	// zero is as long as ever.
	after time.Duration
	// awake is set where something moves from the start.
	awake bool

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

// carry copies, also after it has returned, and then calls done, with how many bytes went
// each way. Both connections are closed then; closing them ends it.
func (p *pipe) carry(client, backend net.Conn, done func(up, down int64)) {
	p.poller, p.done = p.plane.poller(), done
	p.open.Store(2)
	p.moved.Store(time.Now().UnixNano())
	p.up.begin(p, backend, client)
	p.down.begin(p, client, backend)
	p.timer = time.AfterFunc(day, p.strike)
	p.timer.Reset(p.idle)
	if p.awake || !p.down.plain || !p.down.rest() {
		p.down.resume()
	}
	if p.awake {
		p.up.copy(calm)
	} else {
		p.up.copy(0)
	}
}

// run is carry that waits for the end.
func (p *pipe) run(client, backend net.Conn) (up, down int64) {
	ended := make(chan struct{})
	p.carry(client, backend, func(n, m int64) {
		up, down = n, m
		close(ended)
	})
	<-ended
	return up, down
}

// strike ends a pipe in which nothing has moved for too long.
func (p *pipe) strike() {
	left := p.left(time.Now())
	if left <= 0 {
		p.abort()
	} else if p.timer.Reset(left); p.open.Load() == 0 {
		p.timer.Stop()
	}
}

// left is what is left of the time for the next byte.
func (p *pipe) left(now time.Time) time.Duration {
	left := p.idle - now.Sub(time.Unix(0, p.moved.Load()))
	if over := p.over.Load(); over != 0 {
		left = min(left, p.after-now.Sub(time.Unix(0, over)))
	}
	return left
}

// abort ends both directions.
func (p *pipe) abort() {
	_ = p.up.from.Close()
	_ = p.down.from.Close()
	if p.poller != nil {
		p.poller.Wake(&p.up.wait)
		p.poller.Wake(&p.down.wait)
	}
}

// ended notes that a direction has ended.
func (p *pipe) ended(f *flow) {
	if f == &p.down && p.after > 0 {
		p.over.Store(time.Now().UnixNano())
		p.timer.Reset(p.after)
	}
	if p.open.Add(-1) > 0 {
		return
	}
	p.timer.Stop()
	_ = p.up.from.Close()
	_ = p.down.from.Close()
	p.done(p.up.n, p.down.n)
}

// gauge counts what is open, up to a limit.
type gauge struct{ open atomic.Int64 }

// enter counts one more, false where that would be too many.
func (g *gauge) enter(limit int) bool {
	if g.open.Add(1) > int64(limit) {
		g.open.Add(-1)
		return false
	}
	return true
}

func (g *gauge) leave() { g.open.Add(-1) }

// newPoller makes what tells when something moves again in pipes that rest. Without it
// each direction has a goroutine.
func (p *Plane) newPoller() func() *socket.Poller {
	return sync.OnceValue(func() *socket.Poller {
		poller, err := socket.NewPoller()
		if err != nil {
			p.log.Warn("idle WebSockets take more memory", "error", err)
			return nil
		}
		return poller
	})
}
