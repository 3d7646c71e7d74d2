package dataplane

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Requests over HTTP/2 before a cache tier of another process: who asks and by what is
// known there, its answers come back, and connections are kept.
func TestHTTP2BeforeCache(t *testing.T) {
	model := simple(t, rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			q, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(q.Body)
			text := q.Method + " " + q.RequestURI + " " + q.Header.Get("X-Forwarded-For") + " " + string(body)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1\r\nx\r\n", 3)+"0\r\n\r\n")
			if text != "GET / 127.0.0.1 " && text != "POST / 127.0.0.1 hello" {
				t.Errorf("the app got %q", text)
			}
		}
	}))
	e := spread(t, model, []Roles{{TLS: true}, {Cache: true, Web: true}})
	c := e.frames(t)
	c.ask(1, true, "x-forwarded-for: 6.6.6.6")
	if got := c.answer(1); got.header[":status"] != "200" || got.body != "xxx" || got.header["x-cache"] == "" || got.header["transfer-encoding"] != "" {
		t.Errorf("got %+v", got)
	}
	if n := e.plane.kept.Load(); n != 1 {
		t.Errorf("%d connections are kept", n)
	}
	c.ask(3, false, ":method: POST")
	_ = c.WriteData(3, true, []byte("hello"))
	if got := c.answer(3); got.header[":status"] != "200" {
		t.Errorf("got %+v", got)
	}
	c.ask(5, false, ":method: POST", "content-length: 2000000")
	_ = c.WriteData(5, false, []byte("hello"))
	if got := c.answer(5); got.header[":status"] != "413" {
		t.Errorf("a body that is too long: %+v", got.header)
	}
	c.ask(7, true, ":method: CONNECT", ":scheme: -", ":path: -")
	c.ask(9, false, ":method: CONNECT", ":protocol: websocket", ":path: /old", "sec-websocket-version: 13")
	for _, id := range []uint32{7, 9} {
		if got := c.answer(id); got.header[":status"] != "405" || got.header["allow"] == "" {
			t.Errorf("stream %d: %+v", id, got.header)
		}
	}
	eventually(t, "lines", func() bool { return len(e.cache.records()) == 4 && len(e.records()) == 1 })
	for _, r := range e.cache.records() {
		if r.Protocol != "HTTP/2.0" || r.Client.String() != "127.0.0.1" {
			t.Errorf("line %+v", r)
		}
	}
	_ = c.conn.Close()
	eventually(t, "nothing is kept for a client that has left", func() bool { return e.plane.kept.Load() == 0 && e.plane.asked.Open() == 0 })
}

// What waits for its answer ends with the client, and is turned away where too much waits.
func TestHTTP2BeforeCacheBounds(t *testing.T) {
	began, gone := make(chan struct{}, 1000), make(chan struct{}, 1000)
	model := simple(t, rawApp(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		began <- struct{}{}
		_, _ = c.Read(make([]byte, 1))
		gone <- struct{}{}
	}))
	model.Timeout.FirstByte = time.Minute
	e := spread(t, model, []Roles{{TLS: true}, {Cache: true, Web: true}})
	c := e.frames(t)
	c.ask(1, true, ":path: /slow")
	<-began
	_ = c.WriteRSTStream(1, 8)
	<-gone
	eventually(t, "nothing waits any more", func() bool { return e.plane.asked.Open() == 0 })
	for e.plane.asked.Enter(model.Limits.InWork()) { // until there is too much
	}
	c.ask(3, true)
	if got := c.answer(3); got.header[":status"] != "503" {
		t.Errorf("got %+v", got.header)
	}
}
