package dataplane

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"edgegen/internal/dataplane/h3"
	"edgegen/internal/site"
)

// Q1: only what the edge's protocols name is offered in a handshake.
func TestQ1Offered(t *testing.T) {
	for name, test := range map[string]struct {
		protocols site.Protocols
		want      string
	}{"h1": {site.Protocols{}, "http/1.1"}, "h1 and h2": {site.Protocols{HTTP2: true}, "h2"}} {
		t.Run(name, func(t *testing.T) {
			model := simple(t, "")
			model.Protocols = test.protocols
			e := start(t, model)
			c, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost, NextProtos: []string{"h2", "http/1.1"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if got := c.ConnectionState().NegotiatedProtocol; got != test.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// What is refused over HTTP/3 looks as it does over HTTP/2, and stands in the access log.
func TestHTTP3Refusals(t *testing.T) {
	var asked atomic.Int32
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked.Add(1)
	}))
	model.Limits.HeaderSize, model.Limits.BodySize = 4<<10, 100
	e := start(t, model, func(o *Options) { quicly(t, o) })
	for name, test := range fieldRefusals() {
		if name == "W3 ended" {
			continue // nobody can tell that from a client that has said all it wants to say
		}
		t.Run(name, func(t *testing.T) {
			before, lines := asked.Load(), len(e.records())
			c := e.http3(t)
			got := c.ask(test.body, test.fields...)
			if got.header[":status"] != test.status || got.header["x-cache"] != "PASS" {
				t.Errorf("got %v, %v", got.header, got.err)
			}
			if test.status >= "400" && !strings.HasPrefix(got.body, test.status+" ") {
				t.Errorf("page %q", got.body)
			}
			if asked.Load() != before {
				t.Error("the app was asked")
			}
			eventually(t, "a line in the log", func() bool { return len(e.records()) == lines+1 })
			if r := e.records()[lines]; fmt.Sprint(r.Status) != test.status || r.Protocol != "HTTP/3.0" || r.Cache != "PASS" || r.ID == "" || !r.Client.IsValid() || r.Bytes != int64(len(got.body)) {
				t.Errorf("line %+v", r)
			}
			if got := c.ask("", ":path: /old"); got.header[":status"] != "302" { // the connection goes on
				t.Errorf("afterwards: %v", got.header)
			}
			eventually(t, "another line", func() bool { return len(e.records()) == lines+2 })
		})
	}
}

// Q2: hits, bodies both ways, Expect, HEAD, and a client that does not read.
func TestHTTP3Exchanges(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/ttl/big"):
			_, _ = io.WriteString(w, big)
		case r.Method == "POST":
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%d bytes over %s for %s", len(body), r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-For"))
		default:
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, r.URL.Path)
		}
	}))
	model.Protocols.HTTP3, model.PublicPort = true, 443
	e := start(t, model, func(o *Options) { quicly(t, o) })
	c := e.http3(t)
	for i, want := range []string{"MISS", "HIT", "HIT"} {
		if got := c.ask("", ":path: /ttl/a"); got.header["x-cache"] != want || got.body != "/ttl/a" || got.header["alt-svc"] != `h3=":443"; ma=86400` || got.header["connection"] != "" {
			t.Errorf("%d: %v %q", i, got.header, got.body)
		}
	}
	for range 2 {
		if got := c.ask("", ":path: /ttl/big"); got.body != big || got.err != nil {
			t.Errorf("%d of %d bytes, %v", len(got.body), len(big), got.err)
		}
	}
	if got := c.ask("", ":path: /ttl/a", ":method: HEAD"); got.body != "" || got.header["content-length"] != "6" {
		t.Errorf("HEAD: %v", got.header)
	}
	if got := c.ask(big[:512<<10], ":path: /post", ":method: POST"); got.body != "524288 bytes over https for 127.0.0.1" {
		t.Errorf("POST: %v %q", got.header, got.body)
	}
	s := c.begin(":path: /post", ":method: POST", "content-length: 5", "expect: 100-continue")
	time.AfterFunc(10*time.Millisecond, func() { _, _ = s.Write(frameOf(0, []byte("12345"))); _ = s.Close() })
	if got := c.read(s); got.heads != 2 || !strings.HasPrefix(got.body, "5 bytes") {
		t.Errorf("Expect: %d heads, %q", got.heads, got.body)
	}
	s = c.begin(":path: /post", ":method: POST")
	_, _ = s.Write(frameOf(0, []byte("123")))
	_, _ = s.Write(frameOf(0x21, []byte("what is this"))) // a kind that nobody knows
	_, _ = s.Write(frameOf(0, []byte("45")))
	_, _ = s.Write(frameOf(1, trailer("x-sum", "1")))
	_ = s.Close()
	if got := c.read(s); !strings.HasPrefix(got.body, "5 bytes") {
		t.Errorf("trailers: %v %q", got.header, got.body)
	}
	if r := e.dial(t); r.ConnectionState().NegotiatedProtocol != "http/1.1" {
		t.Error("no HTTP/1.1 any more")
	}
	if got := e.get(t, "/ttl/a"); got.Header.Get("Alt-Svc") == "" || got.Header.Get("X-Cache") != "HIT" {
		t.Errorf("HTTP/1.1: %v", got.Header)
	}
}

func trailer(name, value string) []byte {
	b := []byte{0, 0, 0x20 | byte(len(name))}
	return append(append(append(b, name...), byte(len(value))), value...)
}

// What breaks the rules of frames and streams ends the connection, with the code for it.
func TestHTTP3Faults(t *testing.T) {
	e := start(t, simple(t, ""), func(o *Options) { quicly(t, o) })
	uni := func(b ...byte) func(*http3Client) {
		return func(c *http3Client) { s, _ := c.conn.OpenUniStream(); _, _ = s.Write(b) }
	}
	ask := func(b ...byte) func(*http3Client) {
		return func(c *http3Client) { s, _ := c.conn.OpenStream(); _, _ = s.Write(b); _ = s.Close() }
	}
	for name, test := range map[string]struct {
		do   func(c *http3Client)
		code quic.ApplicationErrorCode
	}{
		"second control stream": {uni(0, 4, 0), 0x103},
		"a push":                {uni(1, 0), 0x103},
		"an entry of the table": {uni(2, 0xc0, 1, 'x'), 0x201},
		"no settings first":     {func(c *http3Client) { _, _ = c.control.Write([]byte{4, 0}) }, 0x105},
		"control stream ends":   {func(c *http3Client) { _ = c.control.Close() }, 0x104},
		"control stream cut": {func(c *http3Client) {
			_, _ = c.control.Write([]byte("\x80\x0f\x07\x00\x05\x00"))
			_ = c.control.Close()
		}, 0x106},
		"HEADERS on control":         {func(c *http3Client) { _, _ = c.control.Write([]byte{1, 0}) }, 0x105},
		"frame of HTTP/2 on control": {func(c *http3Client) { _, _ = c.control.Write([]byte{6, 0}) }, 0x105},
		"DATA first":                 {ask(0, 1, 'x'), 0x105},
		"SETTINGS in a request":      {ask(4, 0), 0x105},
		"frame of HTTP/2":            {ask(8, 0), 0x105},
		"cut within a frame":         {ask(1, 9, 0), 0x106},
		"dynamic table":              {ask(1, 3, 2, 0, 0x80), 0x200},
		"nonsense":                   {ask(1, 3, 0, 0, 0xff), 0x200},
		"a section of 1 GiB":         {ask(1, 0xc0, 0, 0, 0, 0x40, 0, 0, 0), 0x107},
		"large unknown frame":        {ask(0x21, 0x80, 0x10, 0, 0), 0x107},
		"flood of empty frames": {func(c *http3Client) {
			_, _ = c.control.Write([]byte(strings.Repeat("\x21\x00", 3000)))
		}, 0x107},
		"flood of resets": {func(c *http3Client) {
			for range 2000 {
				s, err := c.conn.OpenStreamSync(c.conn.Context())
				if err != nil {
					return
				}
				_, _ = s.Write([]byte{1})
				s.CancelWrite(0x10c)
				s.CancelRead(0x10c)
			}
		}, 0x107},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := e.http3(t)
			test.do(c)
			select {
			case <-c.conn.Context().Done():
			case <-time.After(20 * time.Second):
				t.Fatal("the connection goes on")
			}
			_, err := c.conn.AcceptStream(t.Context())
			if got := (*quic.ApplicationError)(nil); !errors.As(err, &got) || got.ErrorCode != test.code {
				t.Errorf("got %v, want %#x", err, int(test.code))
			}
		})
	}
}

// A head that dribbles in is cut off, and so is a connection on which nothing is asked.
func TestHTTP3Timeouts(t *testing.T) {
	model := simple(t, "")
	model.Timeout.Header, model.Timeout.Idle = 200*time.Millisecond, time.Second
	e := start(t, model, func(o *Options) { quicly(t, o) })
	c := e.http3(t)
	s, err := c.conn.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	_ = s.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, _ = s.Write([]byte{1, 50})
	if _, err := s.Read(make([]byte, 1)); !errors.As(err, new(*quic.StreamError)) {
		t.Errorf("E6: %v", err)
	}
	select {
	case <-c.conn.Context().Done():
	case <-time.After(20 * time.Second):
		t.Error("an idle connection goes on")
	}
}

// A client that leaves while the app is asked is 499 in the log; the app's connection ends.
func TestHTTP3Left(t *testing.T) {
	ended := make(chan bool, 1)
	asked := make(chan bool, 1)
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- true
		<-r.Context().Done()
		ended <- true
	}))
	e := start(t, model, func(o *Options) { quicly(t, o) })
	c := e.http3(t)
	s := c.begin(":path: /slow")
	_ = s.Close()
	<-asked
	s.CancelRead(0x10c)
	<-ended
	eventually(t, "a line", func() bool { return len(e.records()) == 1 })
	if r := e.records()[0]; r.Status != statusGone {
		t.Errorf("line %+v", r)
	}
}

// Beyond the limit of connections a client is told so.
func TestHTTP3Crowded(t *testing.T) {
	model := simple(t, "")
	model.Limits.Connections = 1
	e := start(t, model, func(o *Options) { quicly(t, o) })
	first := e.http3(t)
	if got := first.ask("", ":path: /old"); got.header[":status"] != "302" {
		t.Fatal(got.header)
	}
	second := e.http3(t)
	if got := second.ask("", ":path: /old"); got.header[":status"] != "503" {
		t.Error(got.header)
	}
	select {
	case <-second.conn.Context().Done():
	case <-time.After(20 * time.Second):
		t.Error("a connection too many goes on")
	}
}

// WebSockets over HTTP/3 (RFC 9220): bytes both ways, and the end of each direction.
func TestHTTP3WebSocket(t *testing.T) {
	model := simple(t, echoes(t, make(chan *http.Request, 4)))
	e := start(t, model, func(o *Options) { quicly(t, o) })
	c := e.http3(t)
	s := c.begin(":method: CONNECT", ":protocol: websocket", ":path: /ws", "sec-websocket-version: 13")
	_, _ = s.Write(frameOf(0, []byte("hel")))
	_, _ = s.Write(frameOf(0, []byte("lo")))
	eventually(t, "a WebSocket", func() bool { return e.plane.WebSockets() == 1 })
	_ = s.Close()
	got := c.read(s)
	if got.header[":status"] != "200" || got.body != "early helloend" || got.err != nil || got.header["x-cache"] != "PASS" {
		t.Errorf("%v %q %v", got.header, got.body, got.err)
	}
	eventually(t, "a line", func() bool { return len(e.records()) == 1 })
	if r := e.records()[0]; r.Status != 101 || r.Protocol != "HTTP/3.0" || r.Received != 5 || r.Bytes != 14 {
		t.Errorf("line %+v", r)
	}
}

// A Plane retires: what is under way is answered, the client is told to go, WebSockets stay
// (R2), and whoever serves next on the same socket takes the new connections.
func TestHTTP3Handover(t *testing.T) {
	release := make(chan bool)
	model := simple(t, echoes(t, make(chan *http.Request, 4)))
	model.Sites[0].Backends = append(model.Sites[0].Backends, site.Backend{Name: "slow", Servers: []site.Server{serverOf(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		_, _ = io.WriteString(w, "done")
	}))}})
	model.Sites[0].Routes[2].Backend = "slow"
	model.Sites[0].Routes = append([]site.Route{{Path: "/slow", Backend: "slow"}}, model.Sites[0].Routes...)
	var socket *h3.Endpoint
	first := start(t, model, func(o *Options) { socket = quicly(t, o) })
	c := first.http3(t)
	ws := c.begin(":method: CONNECT", ":protocol: websocket", ":path: /ws", "sec-websocket-version: 13")
	eventually(t, "a WebSocket", func() bool { return first.plane.WebSockets() == 1 })
	slow := c.begin(":path: /slow")
	_ = slow.Close()
	eventually(t, "a request", func() bool { return first.plane.Requests() == 1 })
	second := start(t, model, func(o *Options) { o.QUIC = []*h3.Endpoint{socket} })
	retired := make(chan bool)
	go func() { first.plane.Retire(t.Context()); close(retired) }()
	another := second.http3(t)
	if got := another.ask("", ":path: /old"); got.header[":status"] != "302" {
		t.Error(got.header)
	}
	eventually(t, "a line of who serves next", func() bool { return len(second.records()) == 1 })
	close(release)
	if got := c.read(slow); got.body != "done" {
		t.Errorf("R2: %v %q %v", got.header, got.body, got.err)
	}
	for range 2 {
		select {
		case <-c.goAways:
		case <-time.After(20 * time.Second):
			t.Fatal("no GOAWAY")
		}
	}
	_, _ = ws.Write(frameOf(0, []byte("still")))
	_ = ws.Close()
	if got := c.read(ws); got.body != "early stillend" {
		t.Errorf("W2: %q %v", got.body, got.err)
	}
	select {
	case <-retired:
	case <-time.After(20 * time.Second):
		t.Error("it goes on")
	}
}
