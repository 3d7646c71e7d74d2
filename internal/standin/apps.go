// Package standin stands for the apps of a site where none of them is to be asked.
package standin

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/fcgi"
	"strings"
	"sync"
)

// Apps stand for apps. Each has a listener of its own on this machine, and one function
// answers for all.
type Apps struct {
	// Answer answers a request of the app that At was told of. It is called from many
	// goroutines, and is not to be changed.
	Answer func(app string, w http.ResponseWriter, r *http.Request)

	mu        sync.Mutex
	listeners map[string]net.Listener
	servers   []*http.Server
	served    sync.WaitGroup
	failed    error
}

// At is the address of the stand-in for an app, always the same for the same name. A name
// that begins with "fastcgi " is that of one that speaks FastCGI. It may be called from
// any goroutine.
func (a *Apps) At(app string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.listeners[app]; l != nil {
		return l.Addr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.failed = errors.Join(a.failed, fmt.Errorf("stand for an app: %w", err))
		return "127.0.0.1:1" // nobody is there
	}
	if a.listeners == nil {
		a.listeners = map[string]net.Listener{}
	}
	a.listeners[app] = l
	answers := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.Answer(app, w, r) })
	if strings.HasPrefix(app, "fastcgi ") {
		a.served.Go(func() { _ = fcgi.Serve(l, answers) }) // until it is closed
		return l.Addr().String()
	}
	h := &http.Server{Handler: answers}
	a.servers = append(a.servers, h)
	a.served.Go(func() { _ = h.Serve(l) }) // likewise
	return l.Addr().String()
}

// Err is why nobody could listen for an app.
func (a *Apps) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

// Close ends the apps, and waits for them.
func (a *Apps) Close() {
	a.mu.Lock()
	for _, s := range a.servers {
		_ = s.Close() // whoever asks has gone
	}
	for _, l := range a.listeners {
		_ = l.Close() // nothing was written
	}
	a.mu.Unlock()
	a.served.Wait()
}
