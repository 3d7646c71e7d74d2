package main

import (
	"net/http"
	"net/netip"
	"time"
)

// logged writes one line for each request once it has been answered; for a
// WebSocket that is when it ends.
func (a *app) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorded := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorded, r)
		a.log.Info("request", "method", r.Method, "path", r.URL.Path, "status", recorded.status,
			"client", clientAddress(r), "request_id", requestID(r),
			"ms", time.Since(start).Milliseconds())
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the WebSocket handshake reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// clientAddress is the client's own address: what the edge says where the
// request comes from the edge, else the peer's.
func clientAddress(r *http.Request) string {
	if fromEdge(r) {
		if address, err := netip.ParseAddr(r.Header.Get("X-Real-IP")); err == nil {
			return address.Unmap().WithZone("").String()
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unix"
	}
	return peer.Addr().Unmap().String()
}

// requestID is the id the edge gave to the request, "-" where there is none.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if id == "" || len(id) > 128 || !fromEdge(r) {
		return "-"
	}
	return id
}

// fromEdge reports whether the peer is on this machine, as the edge is. Anybody
// else could write any address into a header. The peer of a Unix socket has no
// address that parses.
func fromEdge(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err != nil || peer.Addr().Unmap().IsLoopback()
}
