package main

import (
	"io"
	"net/http"
	"sync/atomic"

	"edgegen/internal/edgetest"
	"edgegen/internal/site"
	"edgegen/internal/standin"
)

// stubApp stands for every app of a site while its tests run. It speaks HTTP, and
// FastCGI on a port of its own, answers all requests alike, and opens WebSockets.
type stubApp struct {
	apps standin.Apps
	now  atomic.Pointer[edgetest.App]
}

func newStubApp() *stubApp {
	a := &stubApp{}
	a.apps.Answer = a.respond
	a.answer(nil)
	return a
}

// answer says what all requests are answered from now on; nil is a 200.
func (a *stubApp) answer(with *edgetest.App) {
	if with == nil {
		with = &edgetest.App{Status: http.StatusOK, Body: "the stub app\n"}
	}
	a.now.Store(with)
}

// server is where the app listens.
func (a *stubApp) server(b *site.Backend) site.Server {
	if b.FastCGI != nil {
		return serverAt(a.apps.At("fastcgi app"))
	}
	return serverAt(a.apps.At("app"))
}

// respond answers a request.
func (a *stubApp) respond(_ string, w http.ResponseWriter, r *http.Request) {
	now := a.now.Load()
	if now.Status == http.StatusOK && standin.OpenWebSocket(w, r) {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body) // a body that breaks off is answered by the edge
	for name, value := range now.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(now.Status)
	_, _ = io.WriteString(w, now.Body) // whoever has gone does not read it
}
