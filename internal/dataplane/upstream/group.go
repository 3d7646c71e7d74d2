// Package upstream is a lean HTTP/1.1 client for the servers of an app: no goroutine and
// no channel between a request and its answer. It keeps connections, chooses among the
// servers, and leaves one that refuses alone for a while. Group.Set tells it which
// servers there are and which of them are well, also while requests are under way.
package upstream

import (
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

// failure sorts an error of the network.
func failure(doing string, err error) error {
	kind := ErrFailed
	var timeout net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		kind = ErrTimeout
	}
	return fmt.Errorf("%w: %s: %w", kind, doing, err)
}
