package h3

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

// Admission is what is asked about a client that wants to connect.
type Admission struct {
	Connections int           // of the socket, with this one; beyond it is refused
	Handshake   time.Duration // in all
}

// Door is where connections of an Endpoint are taken, for one server. It is a
// net.Listener whose connections are Incoming; it is open from the first Accept on, and
// again after a deadline was taken off it.
type Door struct {
	endpoint  *Endpoint
	config    func(*tls.ClientHelloInfo) (*tls.Config, error)
	admission func(net.Addr) Admission

	mu     sync.Mutex // guards what follows
	ctx    context.Context
	shut   context.CancelFunc
	closed bool
	late   bool // a deadline is over
}

var _ net.Listener = (*Door)(nil)

// Door makes one, that is not open yet. What config returns has to be for ProtocolName
// alone; admission is asked before a packet is answered.
func (e *Endpoint) Door(config func(*tls.ClientHelloInfo) (*tls.Config, error), admission func(net.Addr) Admission) *Door {
	d := &Door{endpoint: e, config: config, admission: admission}
	d.ctx, d.shut = context.WithCancel(context.Background())
	return d
}

// ProtocolName is what clients of HTTP/3 offer in a handshake.
const ProtocolName = "h3"

// Incoming is a connection that was accepted, for New. As a net.Conn it can only be closed
// and asked for addresses.
type Incoming struct{ quic *quic.Conn }

// Accept returns an *Incoming whose handshake has ended.
func (d *Door) Accept() (net.Conn, error) {
	d.open()
	d.mu.Lock()
	ctx := d.ctx
	d.mu.Unlock()
	conn, err := d.endpoint.listener.Accept(ctx)
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.late && !d.closed {
			return nil, os.ErrDeadlineExceeded
		}
		return nil, net.ErrClosed
	}
	if c, ok := conn.Context().Value(countedKey{}).(*counted); ok {
		d.endpoint.mu.Lock()
		d.endpoint.shook(c)
		d.endpoint.mu.Unlock()
	}
	return &Incoming{conn}, nil
}

func (d *Door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed && !d.late {
		d.endpoint.enter(d)
	}
}

// SetDeadline ends Accept, for a time that is over, until it is taken off; it knows no
// other times.
func (d *Door) SetDeadline(t time.Time) error {
	late := !t.IsZero()
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return net.ErrClosed
	}
	if d.late && !late {
		d.ctx, d.shut = context.WithCancel(context.Background())
	}
	d.late = late
	shut := d.shut
	d.mu.Unlock()
	if late {
		d.endpoint.leave(d)
		shut()
	}
	return nil
}

// Close shuts the door. The Endpoint, and what came in by it, go on.
func (d *Door) Close() error {
	d.mu.Lock()
	d.closed = true
	shut := d.shut
	d.mu.Unlock()
	d.endpoint.leave(d)
	shut()
	return nil
}

// Addr is where the Endpoint listens.
func (d *Door) Addr() net.Addr { return d.endpoint.socket.LocalAddr() }

var errNoBytes = errors.New("http/3: a connection has no bytes of its own")

// Read fails.
func (*Incoming) Read([]byte) (int, error) { return 0, errNoBytes }

// Write fails.
func (*Incoming) Write([]byte) (int, error) { return 0, errNoBytes }

// Close ends the connection.
func (c *Incoming) Close() error { return c.quic.CloseWithError(noError, "") }

// Note is what was kept with the connection; nil for nothing.
func (c *Incoming) Note() any {
	if c, ok := c.quic.Context().Value(countedKey{}).(*counted); ok {
		return c.note.Load()
	}
	return nil
}

// TLS says what was agreed upon.
func (c *Incoming) TLS() tls.ConnectionState { return c.quic.ConnectionState().TLS }

// LocalAddr is that of the socket.
func (c *Incoming) LocalAddr() net.Addr { return c.quic.LocalAddr() }

// RemoteAddr is the client's.
func (c *Incoming) RemoteAddr() net.Addr { return c.quic.RemoteAddr() }

// SetDeadline does nothing, as the next two.
func (*Incoming) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (*Incoming) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (*Incoming) SetWriteDeadline(time.Time) error { return nil }
