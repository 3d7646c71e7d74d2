package dataplane

import (
	"context"
	"crypto/tls"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"edgegen/internal/site"
)

// h2 serves HTTP/2 by way of net/http, which is handed connections that have
// agreed on it. WebSockets over it (RFC 8441) are not offered: clients open an
// HTTP/1.1 connection for them. A model with other limits has another h2,
// beside which the older one goes on until its last connection ends.
type h2 struct {
	plane   *Plane
	server  *http.Server
	begin   sync.Once
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
	header  int64
	timeout time.Duration

	mu      sync.Mutex
	open    map[net.Conn]*h2conn
	leaving bool // no model has it any more
}

// h2conn is one connection.
type h2conn struct {
	peer netip.Addr
	door *door
	done chan struct{} // closed when it has ended
}

type connKey struct{}

func newH2(p *Plane, edge *site.Edge) *h2 {
	h := &h2{plane: p, conns: make(chan net.Conn), closed: make(chan struct{}), open: map[net.Conn]*h2conn{},
		header: edge.Limits.HeaderSize, timeout: edge.Timeout.Idle}
	h.server = &http.Server{
		Handler:        h,
		MaxHeaderBytes: int(h.header),
		IdleTimeout:    h.timeout,
		ErrorLog:       slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: 128, WriteByteTimeout: h.timeout},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			h.mu.Lock()
			defer h.mu.Unlock()
			return context.WithValue(ctx, connKey{}, h.open[c])
		},
		ConnState: h.ended,
	}
	return h
}

// suits reports whether h keeps the edge's limits.
func (h *h2) suits(edge *site.Edge) bool {
	return h.header == edge.Limits.HeaderSize && h.timeout == edge.Timeout.Idle
}

// http2 serves a connection by the model in force.
func (p *Plane) http2(conn *tls.Conn, d *door) {
	for !p.model.Load().h2.run(conn, d) {
		// Another model has come in between.
	}
}

// eachH2 does something with every h2 that may have connections.
func (p *Plane) eachH2(do func(*h2)) {
	p.serversMu.Lock()
	all := slices.Collect(maps.Keys(p.servers))
	p.serversMu.Unlock()
	for _, h := range all {
		do(h)
	}
}

// start makes the server ready on the first connection.
func (h *h2) start() {
	p := h.plane
	p.serversMu.Lock()
	p.servers[h] = struct{}{}
	p.serversMu.Unlock()
	stop := context.AfterFunc(p.ended, func() { _ = h.server.Close() })
	p.serving.Go(func() {
		defer stop()
		_ = h.server.Serve(h) // ends when it is shut down, or left
		h.mu.Lock()
		left := h.leaving
		h.mu.Unlock()
		if left { // the others may have connections still
			p.serversMu.Lock()
			delete(p.servers, h)
			p.serversMu.Unlock()
		}
	})
}

// run serves one connection until it ends. It returns false where h takes
// none any more.
func (h *h2) run(conn *tls.Conn, d *door) bool {
	one := &h2conn{peer: addressOf(conn), door: d, done: make(chan struct{})}
	h.mu.Lock()
	if h.leaving {
		h.mu.Unlock()
		return false
	}
	h.open[conn] = one
	h.mu.Unlock()
	h.begin.Do(h.start)
	select {
	case h.conns <- conn:
		<-one.done
	case <-h.closed:
		h.forget(conn)
	}
	return true
}

// leave lets h end with its last connection.
func (h *h2) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaving = true
	if len(h.open) == 0 {
		_ = h.Close()
	}
}

func (h *h2) ended(conn net.Conn, state http.ConnState) {
	if state == http.StateClosed {
		h.forget(conn)
	}
}

func (h *h2) forget(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one := h.open[conn]; one != nil {
		close(one.done)
		delete(h.open, conn)
	}
	if h.leaving && len(h.open) == 0 {
		_ = h.Close()
	}
}

// Accept, Close and Addr make h2 the listener of its server.
func (h *h2) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (h *h2) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr is of no meaning.
func (h *h2) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }
