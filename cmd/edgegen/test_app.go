package main

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"edgegen/internal/edgetest"
	"edgegen/internal/site"
)

// stubApp stands for every app of a site while its tests run. It speaks HTTP, and
// FastCGI on a port of its own, answers all requests alike, and opens WebSockets.
type stubApp struct {
	http    *http.Server
	plain   net.Listener
	scripts net.Listener
	served  sync.WaitGroup
	now     atomic.Pointer[edgetest.App]
}

func newStubApp() (*stubApp, error) {
	a := &stubApp{}
	var err, other error
	a.plain, err = net.Listen("tcp", "127.0.0.1:0")
	a.scripts, other = net.Listen("tcp", "127.0.0.1:0")
	if err = errors.Join(err, other); err != nil {
		a.closeListeners()
		return nil, fmt.Errorf("listen for the apps: %w", err)
	}
	a.answer(nil)
	a.http = &http.Server{Handler: a}
	a.served.Go(func() { _ = a.http.Serve(a.plain) })    // until it is closed
	a.served.Go(func() { _ = fcgi.Serve(a.scripts, a) }) // likewise
	return a, nil
}

func (a *stubApp) closeListeners() {
	for _, l := range []net.Listener{a.plain, a.scripts} {
		if l != nil {
			_ = l.Close() // nothing was written
		}
	}
}

// close ends the app, and waits until it has.
func (a *stubApp) close() {
	_ = a.http.Close() // whoever is answered now has gone
	a.closeListeners()
	a.served.Wait()
}

// answer says what all requests are answered from now on; nil is a 200.
func (a *stubApp) answer(with *edgetest.App) {
	if with == nil {
		with = &edgetest.App{Status: http.StatusOK, Body: "the stub app\n"}
	}
	a.now.Store(with)
}

// server is where the app listens.
func (a *stubApp) server(scripts bool) site.Server {
	l := a.plain
	if scripts {
		l = a.scripts
	}
	at, _ := netip.ParseAddrPort(l.Addr().String()) // it is one of TCP
	return site.Server{Host: at.Addr().String(), Port: at.Port(), Weight: 1}
}

// ServeHTTP answers a request.
func (a *stubApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := a.now.Load()
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && now.Status == http.StatusOK {
		openWebSocket(w, r)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body) // a body that breaks off is answered by the edge
	for name, value := range now.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(now.Status)
	_, _ = io.WriteString(w, now.Body) // whoever has gone does not read it
}

// openWebSocket answers a handshake (RFC 6455, 4.2.2), and closes.
func openWebSocket(w http.ResponseWriter, r *http.Request) {
	const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + magic))
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
	w.WriteHeader(http.StatusSwitchingProtocols)
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close() // there is nothing to say
	}
}
