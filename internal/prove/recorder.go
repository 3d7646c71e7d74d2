package prove

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"strings"
	"sync"
)

// Recorder stands for the apps. It has a listener for each, and answers with what it
// was asked there.
type Recorder struct {
	mu        sync.Mutex
	listeners map[string]net.Listener
	servers   []*http.Server
	served    sync.WaitGroup
	failed    error
}

// At is where the recorder listens for an app, which is called by the server that it
// stands for; "fastcgi " before it has it speak FastCGI. It may be called from any
// goroutine.
func (r *Recorder) At(server string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.listeners[server]; l != nil {
		return l.Addr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.failed = errors.Join(r.failed, err)
		return "127.0.0.1:1" // nobody is there
	}
	if r.listeners == nil {
		r.listeners = map[string]net.Listener{}
	}
	r.listeners[server] = l
	answers := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { record(server, w, q) })
	if strings.HasPrefix(server, "fastcgi ") {
		r.served.Go(func() { _ = fcgi.Serve(l, answers) }) // until it is closed
		return l.Addr().String()
	}
	h := &http.Server{Handler: answers}
	r.servers = append(r.servers, h)
	r.served.Go(func() { _ = h.Serve(l) }) // likewise
	return l.Addr().String()
}

// Err is why the recorder could not listen.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// Close ends the recorder, and waits for it.
func (r *Recorder) Close() {
	r.mu.Lock()
	for _, s := range r.servers {
		_ = s.Close() // whoever asks has gone
	}
	for _, l := range r.listeners {
		_ = l.Close() // nothing was written
	}
	r.mu.Unlock()
	r.served.Wait()
}

// told are the headers that an app goes by.
func told() []string {
	return []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Cookie", "Authorization"}
}

// record answers with what was asked.
func record(server string, w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // it broke off
	}
	w.Header().Set("Cache-Control", "no-store")
	if strings.EqualFold(q.Header.Get("Upgrade"), "websocket") {
		const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455, 4.2.2
		sum := sha1.Sum([]byte(q.Header.Get("Sec-WebSocket-Key") + magic))
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
		w.WriteHeader(http.StatusSwitchingProtocols)
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close() // there is nothing to say
		}
		return
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "the app at %s\n%s %s\nHost: %s\n", strings.TrimPrefix(server, "fastcgi "), q.Method, q.URL.RequestURI(), q.Host)
	for _, name := range told() {
		if value := strings.Join(q.Header.Values(name), ", "); value != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(&out, "a body of %d bytes\n", len(body))
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(out.Bytes()) // whoever has gone does not read it
}
