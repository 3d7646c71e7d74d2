package conformance

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"edgegen/internal/site"
)

// tunnelCases are WebSockets over HTTP/2 (RFC 8441).
func tunnelCases() []contractCase {
	version := "sec-websocket-version: 13"
	refused := func(clause, name, path string, answer func(*exchange), want want, fields ...string) contractCase {
		return contractCase{clause: clause, name: name, answer: answer, run: func(a *attempt) {
			t := a.tunnel(path, fields...)
			for !t.in.ended {
				t.in.frame()
			}
			a.check(t.in.whole(), want)
		}}
	}
	return []contractCase{
		{clause: "W1", name: "by CONNECT over HTTP/2", answer: takeTunnel, run: tunnelled},
		refused("W3", "CONNECT without a version", "/ws", nil, want{status: 400, reaches: never}),
		refused("W3", "CONNECT with another version", "/ws", nil, want{status: 426, reaches: never, headers: map[string]string{"Sec-WebSocket-Version": "13"}}, "sec-websocket-version: 8"),
		refused("W4", "CONNECT elsewhere", "/", nil, want{status: 405, reaches: never, headers: map[string]string{"Allow": "~^GET, HEAD"}}, version),
		refused("W5", "CONNECT that the app refuses", "/ws", refuse(), want{status: 403, reaches: 1, bare: true}, version),
		refused("W5", "CONNECT that the app answers as if it were none", "/ws", say(page("no\n")), want{status: 502, reaches: 1}, version),
	}
}

// takeTunnel is an app that switches protocols for any key, and echoes.
func takeTunnel(x *exchange) {
	sum := sha1.Sum([]byte(x.header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	x.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\nSec-WebSocket-Protocol: chat\r\n\r\nearly ")
	_, _ = io.Copy(x.conn, x.reader) // it ends when either side does
	x.end()
}

// tunnel is stream 1 of a connection, on which a WebSocket is asked for.
type tunnel struct {
	*http2.Framer
	in *receiver
}

func (a *attempt) tunnel(path string, fields ...string) tunnel {
	if a.over != over2 || a.edge.Combination.TLS != site.Builtin {
		a.inexpressible()
	}
	framer, end := a.openHTTP2("127.0.0.1", "main.test")
	a.cleanup(end)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range append([]string{":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: main.test", ":path: " + a.fill(path+"?case={case}"), "origin: https://main.test"}, fields...) {
		name, value, _ := strings.Cut(f[1:], ": ")
		_ = encoder.WriteField(hpack.HeaderField{Name: f[:1] + name, Value: value}) // a bytes.Buffer takes everything
	}
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true}) // what fails here shows when reading
	return tunnel{framer, newReceiver(a, framer)}
}

// tunnelled sends something both ways, and looks at what the app and the log have seen.
func tunnelled(a *attempt) {
	t := a.tunnel("/ws", "sec-websocket-version: 13", "sec-websocket-protocol: chat", "x-forwarded-for: 6.6.6.6")
	want := "early " + strings.Repeat("0123456789", 10_000)
	for sent := want[len("early "):]; len(sent) > 0; {
		part := sent[:min(len(sent), 10_000)]
		_ = t.WriteData(1, len(part) == len(sent), []byte(part)) // likewise
		sent = sent[len(part):]
		for t.in.room -= len(part); t.in.room < 10_000; {
			t.in.frame()
		}
	}
	for !t.in.ended {
		t.in.frame()
	}
	got := t.in.whole()
	if got.status != 200 || got.body != want || got.broken != nil {
		a.errorf("status %d, %d bytes of %d, %v", got.status, len(got.body), len(want), got.broken)
	}
	for name, value := range map[string]string{"Sec-WebSocket-Protocol": "chat", "Sec-WebSocket-Accept": "", "Upgrade": "", "Connection": ""} {
		a.compare(name, got.header.Get(name), value)
	}
	for name, value := range map[string]string{"Upgrade": "websocket", "Host": "main.test", "Sec-WebSocket-Version": "13", "Origin": "https://main.test", "X-Forwarded-For": "127.0.0.1"} {
		a.compare("at the backend "+name, a.last().header.Get(name), value)
	}
	e := a.entries(1)[0]
	a.compare("line", fmt.Sprint(e.Status, " ", e.Method, " ", e.Protocol, " ", e.Received), "101 CONNECT HTTP/2.0 100000")
}
