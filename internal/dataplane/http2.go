package dataplane

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"edgegen/internal/dataplane/wire"
)

// h2 serves HTTP/2 by way of net/http, which is handed connections that have
// agreed on it. WebSockets over it (RFC 8441) are not offered: clients open an
// HTTP/1.1 connection for them.
type h2 struct {
	plane  *Plane
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	open map[net.Conn]chan struct{} // closed when the connection has ended
}

type peerKey struct{}

func newH2(p *Plane) *h2 {
	edge := p.model.Load().edge
	h := &h2{plane: p, conns: make(chan net.Conn), closed: make(chan struct{}), open: map[net.Conn]chan struct{}{}}
	h.server = &http.Server{
		Handler:        h,
		MaxHeaderBytes: int(edge.Limits.HeaderSize),
		IdleTimeout:    edge.Timeout.Idle,
		ErrorLog:       slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: 128, WriteByteTimeout: edge.Timeout.Idle},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, addressOf(c))
		},
		ConnState: h.ended,
	}
	return h
}

// run serves one connection until it ends.
func (h *h2) run(conn *tls.Conn) {
	done := make(chan struct{})
	h.mu.Lock()
	h.open[conn] = done
	h.mu.Unlock()
	select {
	case h.conns <- conn:
		<-done
	case <-h.closed:
	}
	h.mu.Lock()
	delete(h.open, conn)
	h.mu.Unlock()
}

func (h *h2) ended(conn net.Conn, state http.ConnState) {
	if state != http.StateClosed {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if done := h.open[conn]; done != nil {
		close(done)
		delete(h.open, conn)
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

// ServeHTTP answers one request.
func (h *h2) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.plane.tasks.enter()
	defer h.plane.tasks.leave()
	peer, _ := r.Context().Value(peerKey{}).(netip.Addr)
	edge := h.plane.model.Load().edge
	x := &exchange{ctx: r.Context(), began: time.Now(), peer: peer, protocol: "HTTP/2.0"}
	x.Request = wire.Request{Method: r.Method, Target: r.RequestURI, Host: r.Host, Minor: 1, Length: r.ContentLength}
	for name, values := range r.Header {
		if name == "Content-Length" || name == "Host" {
			continue // they are in Length and Host
		}
		for _, v := range values {
			x.Header.Add(name, v)
		}
	}
	if r.ContentLength != 0 {
		body := &slowBody{from: r.Body, pause: edge.Timeout.FirstByte, control: http.NewResponseController(w)}
		x.Body = &limited{from: body, left: edge.Limits.BodySize}
	}
	var a answer
	switch {
	case !wire.Authority(r.Host) || !wire.ValidTarget(r.RequestURI):
		x.client, x.cache, x.tier = peer, "PASS", "cache"
		a.Response = failure(http.StatusBadRequest, wire.Field{Name: "X-Cache", Value: "PASS"})
	case len(x.Header) > maxFields:
		x.client, x.cache, x.tier = peer, "PASS", "cache"
		a.Response = failure(http.StatusRequestHeaderFieldsTooLarge, wire.Field{Name: "X-Cache", Value: "PASS"})
	default:
		a = h.plane.front.serve(x)
	}
	defer a.Close()
	if a.gone {
		h.plane.access(x.finish(statusGone, 0), true)
		panic(http.ErrAbortHandler)
	}
	sent, err := h.deliver(w, x, a)
	h.plane.access(x.finish(a.Status, sent), true)
	if err != nil {
		panic(http.ErrAbortHandler) // the stream is reset: nobody takes it for whole
	}
}

func (h *h2) deliver(w http.ResponseWriter, x *exchange, a answer) (sent int64, err error) {
	withoutBody(x.Method, a.Response)
	header := w.Header()
	for _, f := range a.Header {
		header.Add(f.Name, f.Value)
	}
	if a.Length >= 0 && a.Status != http.StatusNoContent {
		header.Set("Content-Length", strconv.FormatInt(a.Length, 10))
	}
	w.WriteHeader(a.Status)
	if a.Body == nil {
		return 0, nil
	}
	buf := h.plane.copies.Get().(*[]byte)
	defer h.plane.copies.Put(buf)
	flush := http.NewResponseController(w)
	for {
		n, err := a.Body.Read(*buf)
		if n > 0 {
			if _, err := w.Write((*buf)[:n]); err != nil {
				return sent, err
			}
			sent += int64(n)
		}
		if errors.Is(err, io.EOF) || err == nil && sent == a.Length {
			if a.Length >= 0 && sent != a.Length {
				return sent, io.ErrUnexpectedEOF
			}
			return sent, nil
		}
		if err != nil {
			return sent, err
		}
		if err := flush.Flush(); err != nil {
			return sent, err
		}
	}
}

// slowBody bounds the pauses in a request's body.
type slowBody struct {
	from    io.Reader
	pause   time.Duration
	control *http.ResponseController
}

func (b *slowBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.pause))
	return b.from.Read(p)
}
