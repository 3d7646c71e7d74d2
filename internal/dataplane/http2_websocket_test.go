package dataplane

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
)

// echoes is an app that takes handshakes, and sends back what it gets.
func echoes(t *testing.T, heads chan<- *http.Request) string {
	return rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		heads <- q
		sum := sha1.Sum([]byte(q.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		accept := base64.StdEncoding.EncodeToString(sum[:])
		if q.URL.Path == "/ws/liar" {
			accept = strings.Repeat("x", len(accept))
		}
		if q.URL.Path == "/ws/no" {
			_, _ = io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: chat\r\n\r\nearly ", accept)
		_, _ = io.Copy(c, r)
		_, _ = io.WriteString(c, "end")
	})
}

func (c *framer) tunnel(id uint32, path string) {
	c.t.Helper()
	c.ask(id, false, ":method: CONNECT", ":protocol: websocket", ":path: "+path, "sec-websocket-version: 13",
		"sec-websocket-protocol: chat", "origin: https://"+chatHost, "x-forwarded-for: 6.6.6.6")
}

// body waits until a stream has sent so much.
func (c *framer) body(id uint32, want string) {
	c.t.Helper()
	for c.answers[id] == nil || c.answers[id].body != want {
		if _, err := c.next(); err != nil {
			c.t.Fatalf("stream %d: %v; %+v", id, err, c.answers[id])
		}
	}
}

// WebSockets over HTTP/2 (RFC 8441), beside other requests, through a change of
// the model, and on a retired plane.
func TestHTTP2WebSocket(t *testing.T) {
	heads := make(chan *http.Request, 4)
	model := simple(t, echoes(t, heads))
	e := start(t, model)
	c := e.frames(t)
	c.tunnel(1, "/ws/chat?room=1")
	q := <-heads
	if q.Method != "GET" || q.RequestURI != "/ws/chat?room=1" || q.Host != chatHost || len(q.Header["Sec-Websocket-Key"]) != 1 ||
		q.Header.Get("Upgrade") != "websocket" || q.Header.Get("Sec-WebSocket-Version") != "13" || q.Header.Get("X-Forwarded-For") != "127.0.0.1" {
		t.Errorf("the app got %+v", q)
	}
	c.body(1, "early ")
	got := c.answers[1].header
	if got[":status"] != "200" || got["sec-websocket-protocol"] != "chat" || got["sec-websocket-accept"] != "" || got["upgrade"] != "" {
		t.Errorf("got %v", got)
	}
	if n := e.plane.WebSockets(); n != 1 || e.plane.Requests() != 0 {
		t.Errorf("%d WebSockets, %d requests", n, e.plane.Requests())
	}
	for _, n := range e.plane.WebSocketsTo() {
		if n != 1 {
			t.Errorf("%v", e.plane.WebSocketsTo())
		}
	}
	c.ask(3, true, ":path: /old")
	c.answer(3)
	// The clocks are short only while nothing is asked: a busy machine may take longer.
	const idle = 300 * time.Millisecond
	short := changed(model, func(n *site.Edge) {
		n.Limits.HeaderSize, n.Timeout.Idle, n.Timeout.Header = 1<<10, idle, idle
	})
	if err := e.update(Model{Edge: short, Certificates: e.options.Certificates}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * idle)
	long := changed(model, func(n *site.Edge) { n.Limits.HeaderSize = 1 << 10 })
	if err := e.update(Model{Edge: long, Certificates: e.options.Certificates}); err != nil {
		t.Fatal(err)
	}
	_ = c.WriteData(1, false, []byte("hello "))
	c.body(1, "early hello ")
	done := e.retire(t.Context())
	c.ask(5, true, ":path: /old")
	if got := c.answer(5); got.header[":status"] != "302" {
		t.Errorf("got %v", got.header)
	}
	_ = c.WriteData(1, true, []byte("again "))
	if got := c.answer(1); got.body != "early hello again end" {
		t.Errorf("got %q", got.body)
	}
	eventually(t, "lines", func() bool { return len(e.records()) == 3 })
	r := e.records()[2]
	if r.Status != 101 || r.Bytes != int64(len("early hello again end")) || r.Received != int64(len("hello again ")) || r.Tier != "backend" {
		t.Errorf("line %+v", r)
	}
	if e.plane.WebSockets() != 0 || len(e.plane.WebSocketsTo()) != 0 {
		t.Errorf("%d are left", e.plane.WebSockets())
	}
	<-done
}

// An app's other answers to a handshake.
func TestHTTP2NoWebSocket(t *testing.T) {
	heads := make(chan *http.Request, 4)
	e := start(t, simple(t, echoes(t, heads)))
	c := e.frames(t)
	for i, path := range []string{"/ws/liar", "/ws/no"} {
		id := uint32(2*i + 1)
		c.tunnel(id, path)
		if got := c.answer(id); got.header[":status"] != []string{"502", "404"}[i] {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	eventually(t, "nothing is under way", func() bool { return e.plane.WebSockets() == 0 && e.plane.Requests() == 0 })
	c.tunnel(5, "/ws/left")
	c.body(5, "early ")
	_ = c.WriteRSTStream(5, 8)
	eventually(t, "it ends with its client", func() bool { return e.plane.WebSockets() == 0 })
	c.tunnel(7, "/ws/stopped")
	c.body(7, "early ")
	e.plane.Shutdown(t.Context())
	c.end() // and not at the deadline
}
