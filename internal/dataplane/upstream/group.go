// Package upstream is a lean HTTP/1.1 client for the servers of an app: no goroutine and
// no channel between a request and its answer. It keeps connections, chooses among the
// servers, and leaves one that refuses alone for a while. Group.Set tells it which
// servers there are and which of them are well, also while requests are under way.
package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What a round trip can fail with; errors wrap one of them.
var (
	// ErrFailed is a server that refused, reset or answered nonsense: 502.
	ErrFailed = errors.New("upstream failed")
	// ErrTimeout is a server that took too long: 504.
	ErrTimeout = errors.New("upstream timed out")
	// ErrNoServer means that there is no server to ask: none is known, or each is
	// unwell, left alone for a while, or has as much work as it may: 503.
	ErrNoServer = errors.New("no upstream is healthy")
	// ErrClient means that the client has left, or that the request's own body
	// could not be read; it wraps that error too.
	ErrClient = errors.New("request body")
)

// Address is where a server listens. A name that stands for two addresses has
// them in First and Second: the server listens at one of them.
type Address struct{ Network, Address, First, Second string }

// Timeouts bound a round trip.
type Timeouts struct {
	Connect   time.Duration
	FirstByte time.Duration // from the request to its answer's head
	// BetweenBytes is the longest silence within an answer's body, EventStream
	// that within a text/event-stream.
	BetweenBytes, EventStream time.Duration
}

const (
	leaveAlone = 10 * time.Second // a server that refused
	keepIdle   = 60 * time.Second // a connection without a request
	maxIdle    = 512              // connections a server
)

// Group is the servers of one app. It may be used from any goroutine.
type Group struct {
	// InterimEnds has no connection kept on which an interim response came. It is
	// for servers that are proxies themselves: nginx 1.22 takes 103 for the final
	// response and copies what follows, so that it is not done yet when the response
	// seems to be. Set it before the group is asked.
	InterimEnds bool

	roster atomic.Pointer[roster]
	turns  sync.Mutex // guards what follows, and the turns of the roster's members
	gone   []*server  // that are no member's any more, and had work then
}

// server may be in several groups.
type server struct {
	Address
	secure    *tls.Config // nil where no TLS is spoken
	line      *Line       // nil where the address says how it is reached
	buffers   *sync.Pool
	downUntil atomic.Int64 // Unix nanoseconds
	trust     trust
	trouble   atomic.Pointer[Trouble] // the last failure; nil since it has answered
	moved     atomic.Bool             // the Second address answered last
	open      atomic.Int64            // exchanges in work and switched connections, and requests that may come here
	busy      atomic.Int64            // exchanges in work and switched connections

	mu     sync.Mutex
	idle   []*conn     // the most recently used last
	tidied *time.Timer // of a line that keeps connections
	closed bool
}

// NewGroup returns a group of the servers at addresses. It connects to none.
func NewGroup(addresses []Address) *Group {
	var none *Group
	return none.With(addresses)
}

// With returns a group of the servers at addresses, which shares with g those
// that are in both, with their connections; g itself where they are the same.
// A nil group shares none.
func (g *Group) With(addresses []Address) *Group {
	next := &Group{InterimEnds: g != nil && g.InterimEnds}
	endpoints := make([]Endpoint, len(addresses))
	for i, a := range addresses {
		endpoints[i] = Endpoint{Address: a}
	}
	r := newRoster(endpoints, Policy{}, g.now())
	if g != nil && slices.Equal(r.servers, g.now().servers) {
		return g
	}
	next.roster.Store(r)
	return next
}

// Close ends the idle connections; those in use end with their exchange. A
// closed group can still be asked, on a new connection each time.
func (g *Group) Close() { g.CloseExcept(nil) }

// CloseExcept closes the servers that other does not have; nil has none.
func (g *Group) CloseExcept(other *Group) { g.now().closeExcept(other.now()) }

func (s *server) close() {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	if s.tidied != nil {
		s.tidied.Stop()
	}
	s.mu.Unlock()
	s.drop(idle)
}

// dial opens a connection and notes a server that cannot be reached.
func (s *server) dial(ctx context.Context, t Timeouts) (*conn, error) {
	raw, err := s.connect(ctx, t.Connect)
	if err == nil {
		s.downUntil.Store(0)
		if s.secure == nil {
			return newConn(raw, s, raw), nil
		}
		secured, err := s.shake(ctx, raw, t.Connect)
		if err == nil {
			return newConn(secured, s, raw), nil
		}
		if ctx.Err() == nil {
			return nil, s.troubled(failure("agree on TLS with "+s.Address.Address, err))
		}
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrClient, ctx.Err())
	}
	s.downUntil.Store(time.Now().Add(leaveAlone).UnixNano())
	return nil, s.troubled(failure("connect to "+s.Address.Address, err))
}

// connect tries the address that answered last, and then the other one, if there
// is another.
func (s *server) connect(ctx context.Context, patience time.Duration) (net.Conn, error) {
	if s.line != nil {
		return s.line.Dial(ctx, patience)
	}
	dialer := net.Dialer{Timeout: patience}
	if s.First == "" {
		return dialer.DialContext(ctx, s.Network, s.Address.Address)
	}
	moved := s.moved.Load()
	first, second := s.First, s.Second
	if moved {
		first, second = second, first
	}
	raw, failed := dialer.DialContext(ctx, s.Network, first)
	if failed == nil {
		return raw, nil
	}
	raw, err := dialer.DialContext(ctx, s.Network, second)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	s.moved.Store(!moved)
	return raw, nil
}

// asked is the address that was asked last.
func (s *server) asked() string {
	switch {
	case s.First == "":
		return s.Address.Address
	case s.moved.Load():
		return s.Second
	}
	return s.First
}

// take returns an idle connection, nil where there is none that may be used.
// The most recently used one is the likeliest to be open; while the server is
// on probation, the one that has rested for longest.
func (s *server) take() *conn {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.idle); n > 0; n-- {
		c := s.idle[n-1]
		if s.trust.probation() {
			if c = s.idle[0]; now.Sub(c.used) < rest {
				return nil
			}
			s.idle = s.idle[1:]
		} else {
			s.idle = s.idle[:n-1]
		}
		if now.Sub(c.used) < s.idleFor() {
			s.line.taken(1)
			return c
		}
		s.drop([]*conn{c})
	}
	return nil
}

// give keeps a connection for the next request.
func (s *server) give(c *conn) {
	c.used = time.Now()
	var old []*conn
	s.mu.Lock()
	keep := !s.closed && len(s.idle) < maxIdle && !s.trust.lost(c.used) && s.line.keeps()
	if keep {
		s.idle = append(s.idle, c)
		old = s.stale(c.used)
		s.tidyLater()
	}
	s.mu.Unlock()
	if !keep {
		c.close()
	}
	s.drop(old)
}

// stale takes out the connections that have rested for too long; s.mu is held.
func (s *server) stale(now time.Time) []*conn {
	n := 0
	for n < len(s.idle) && now.Sub(s.idle[n].used) > s.idleFor() {
		n++
	}
	old := append([]*conn(nil), s.idle[:n]...)
	s.idle = s.idle[n:]
	return old
}

// drop closes connections that were kept.
func (s *server) drop(kept []*conn) {
	for _, c := range kept {
		c.close()
	}
	s.line.taken(len(kept))
}

// mistrust ends the kept connections of a server that has sent what nobody
// asked for.
func (s *server) mistrust() {
	s.trust.lose()
	s.mu.Lock()
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	s.drop(idle)
}

// failure sorts an error of the network.
func failure(doing string, err error) error {
	kind := ErrFailed
	var timeout net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		kind = ErrTimeout
	}
	return fmt.Errorf("%w: %s: %w", kind, doing, err)
}
