package h3

import (
	"context"
	"crypto/tls"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"edgegen/internal/dataplane/bounds"
)

// admit decides about a connection that is asked for, before anything is spent on it.
func (e *Endpoint) admit(from *quic.ClientInfo) (*quic.Config, error) {
	d, _, released := e.current()
	a := Admission{Connections: manyHandshakes, Handshake: lateDoor}
	switch {
	case released:
		return nil, errNobody
	case d != nil:
		a = d.admission(from.RemoteAddr)
	}
	e.mu.Lock()
	full := e.open >= a.Connections
	e.mu.Unlock()
	if full {
		return nil, errNobody
	}
	return &quic.Config{
		HandshakeIdleTimeout:           a.Handshake / 2, // quic-go waits for twice as long in all
		MaxIdleTimeout:                 silence,
		KeepAlivePeriod:                keepAlive,
		InitialStreamReceiveWindow:     bounds.StreamWindow / 4,
		MaxStreamReceiveWindow:         bounds.StreamWindow,
		InitialConnectionReceiveWindow: bounds.ConnWindow / 4,
		MaxConnectionReceiveWindow:     bounds.ConnWindow,
		MaxIncomingStreams:             bounds.Streams,
		MaxIncomingUniStreams:          maxControls,
		RequireStreamCreditRelease:     true,

		EnableStreamResetPartialDelivery: true,
	}, nil
}

// lateDoor is how long a client waits for a door where none is open, as those of a TCP
// socket that nobody accepts from for a moment.
const lateDoor = 10 * time.Second

// shake is the TLS configuration for a client.
func (e *Endpoint) shake(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	for {
		d, opened, released := e.current()
		if d != nil {
			return d.config(hello)
		}
		if released {
			return nil, errNobody
		}
		select {
		case <-opened:
		case <-e.closed:
			return nil, errNobody
		case <-hello.Context().Done():
			return nil, hello.Context().Err()
		}
	}
}

// counted is a connection, as the Endpoint counts it.
type counted struct {
	shaken bool
	note   atomic.Value
}

type countedKey struct{}

// Note keeps something with the connection whose handshake a context is of; Incoming.Note
// returns it.
func Note(handshake context.Context, what any) {
	if c, ok := handshake.Value(countedKey{}).(*counted); ok {
		c.note.Store(what)
	}
}

// count counts a connection that is being made.
func (e *Endpoint) count(ctx context.Context, _ *quic.ClientInfo) (context.Context, error) {
	c := &counted{}
	e.mu.Lock()
	e.open++
	e.handshakes++
	e.mu.Unlock()
	context.AfterFunc(ctx, func() {
		e.mu.Lock()
		e.open--
		e.shook(c)
		last := e.released && e.open == 0 && !e.isClosed()
		e.mu.Unlock()
		if last {
			e.close()
		}
	})
	return context.WithValue(ctx, countedKey{}, c), nil
}

// shook notes that a handshake has ended; the lock is held.
func (e *Endpoint) shook(c *counted) {
	if !c.shaken {
		c.shaken = true
		e.handshakes--
	}
}
