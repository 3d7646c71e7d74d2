package h3

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"

	"github.com/quic-go/quic-go"
)

// Endpoint is a UDP socket on which QUIC is spoken. It outlives those who serve what comes
// in by it: of all its open doors the one that was opened last does the handshakes, and all
// of them take connections, as with duplicates of a TCP listener. What was taken goes on
// whichever doors are closed, because it is the Endpoint that reads from the socket.
type Endpoint struct {
	socket    *net.UDPConn
	transport *quic.Transport
	listener  *quic.Listener

	mu         sync.Mutex    // guards what follows
	doors      []*Door       // open ones
	opened     chan struct{} // closed when there is one
	open       int           // connections, those that are being made included
	handshakes int           // of these, those that are being made
	released   bool
	closed     chan struct{}
}

// manyHandshakes is from how many on, under way at once, a client has to prove that it can
// be reached where it says it is, which takes it one round trip more (RFC 9000, 8.1.2).
const manyHandshakes = 64

// NewEndpoint speaks QUIC on a UDP socket, of which file stays the caller's.
func NewEndpoint(file *os.File) (*Endpoint, error) {
	packets, err := net.FilePacketConn(file)
	if err != nil {
		return nil, err
	}
	socket, ok := packets.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s is no UDP socket", packets.LocalAddr()), packets.Close())
	}
	e := &Endpoint{socket: socket, opened: make(chan struct{}), closed: make(chan struct{})}
	e.transport = &quic.Transport{Conn: socket, ConnectionIDLength: 8, ConnContext: e.count,
		VerifySourceAddress: func(net.Addr) bool { e.mu.Lock(); defer e.mu.Unlock(); return e.handshakes >= manyHandshakes }}
	quiet := quietly()
	e.listener, err = e.transport.Listen(&tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: e.shake}, &quic.Config{GetConfigForClient: e.admit})
	quiet()
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	return e, nil
}

// quietly keeps quic-go from writing to the standard logger that the kernel allows less
// of a buffer than it would like; doctor tells that.
func quietly() (loud func()) {
	const variable = "QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING"
	if _, set := os.LookupEnv(variable); set || os.Setenv(variable, "true") != nil {
		return func() {}
	}
	return func() { _ = os.Unsetenv(variable) } // it fails for names that cannot be
}

// current is the door that does the handshakes; nil for none. Then opened is closed when
// a door is opened, unless the socket was released.
func (e *Endpoint) current() (d *Door, opened <-chan struct{}, released bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.doors) == 0 {
		return nil, e.opened, e.released
	}
	return e.doors[len(e.doors)-1], e.opened, e.released
}

// enter adds a door.
func (e *Endpoint) enter(d *Door) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.released || slices.Contains(e.doors, d) {
		return
	}
	if len(e.doors) == 0 {
		close(e.opened)
	}
	e.doors = append(e.doors, d)
}

// leave removes one.
func (e *Endpoint) leave(d *Door) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i := slices.Index(e.doors, d); i >= 0 {
		if e.doors = slices.Delete(e.doors, i, i+1); len(e.doors) == 0 {
			e.opened = make(chan struct{})
		}
	}
}

var errNobody = errors.New("nobody serves")

// Release lets go of the socket once the last connection has ended, and at once where
// there is none. No more are taken.
func (e *Endpoint) Release() {
	e.mu.Lock()
	was := e.released
	e.released = true
	doors := slices.Clone(e.doors)
	none := e.open == 0
	e.mu.Unlock()
	for _, d := range doors {
		_ = d.Close() // it cannot fail
	}
	if none && !was {
		e.close()
	}
}

// Resume takes connections again after Release; false where the socket is gone already.
func (e *Endpoint) Resume() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isClosed() {
		return false
	}
	e.released = false
	return true
}

// Closed reports that the socket is gone.
func (e *Endpoint) Closed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.isClosed()
}

func (e *Endpoint) isClosed() bool {
	select {
	case <-e.closed:
		return true
	default:
		return false
	}
}

// Close lets go of the socket at once.
func (e *Endpoint) Close() {
	e.Release()
	e.close()
}

func (e *Endpoint) close() {
	e.mu.Lock()
	was := e.isClosed()
	if !was {
		close(e.closed)
	}
	e.mu.Unlock()
	if was {
		return
	}
	_ = e.transport.Close() // connections end with it, silently
	_ = e.socket.Close()    // nothing is lost by it
}
