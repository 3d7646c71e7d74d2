package conformance

import (
	"io"
	"net/http"
	"strings"
)

// switching is how an app takes a handshake.
const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

// echo switches protocols and sends back every byte.
func echo(x *exchange) {
	x.write(switching + "\r\n")
	_, _ = io.Copy(x.conn, x.reader) // it ends when either side does
	x.end()
}

// socketCases are W1 and W2: the pipe.
func socketCases() []contractCase {
	return []contractCase{
		{clause: "W1", name: "a client and an app of the usual kind", run: room("text", 3)},
		{clause: "W1", name: "a message of a mebibyte", run: room(strings.Repeat("0123456789abcdef", 1<<16), 2)},
		{clause: "W1", name: "bytes arrive unchanged both ways", run: piped("/ws", everyByte)},
		{clause: "W1", name: "a megabyte both ways at once", run: piped("/ws", flood)},
		{clause: "W1", name: "the handshake's answer is the app's", run: piped("/ws", func(a *attempt, _ *client, got *response) {
			a.compare("Sec-WebSocket-Accept", got.header.Get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
			a.compare("Upgrade", got.header.Get("Upgrade"), "websocket")
			a.compare("Connection", got.header.Get("Connection"), "~^(?i)upgrade$")
		})},
		{clause: "W1", name: "the handshake as the client sent it", run: piped("/ws?a=%20b", func(a *attempt, _ *client, _ *response) {
			a.compare("target", a.last().target, "/ws?a=%20b&case={case}")
			for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "~(?i)upgrade", "Host": "main.test",
				"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"} {
				a.compare(name, a.last().header.Get(name), value)
			}
		})},
		{clause: "W1", name: "extensions, protocols, origin and cookies pass", answer: refuse(),
			request: handshake("main.test", "/ws", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: a, b",
				"Origin: https://main.test", "Cookie: session=1"),
			want: want{status: 403, bare: true, sees: map[string]string{"Sec-Websocket-Extensions": "permessage-deflate; client_max_window_bits",
				"Sec-Websocket-Protocol": "a, b", "Origin": "https://main.test", "Cookie": "session=1"}}},
		{clause: "W1", name: "the app speaks first", answer: func(x *exchange) { x.write(switching + "\r\nhello"); x.rest() }, run: func(a *attempt) {
			c := a.open("main.test")
			c.send(handshake("main.test", "/ws"))
			c.read("GET")
			c.expect("hello")
		}},
		{clause: "W1", name: "the client speaks with its handshake", answer: echo, run: func(a *attempt) {
			c := a.open("main.test")
			c.send(handshake("main.test", "/ws") + "early")
			c.read("GET")
			c.expect("early")
		}},
		{clause: "W1", name: "an app that closes closes the client", answer: func(x *exchange) { x.write(switching + "\r\nbye"); x.end() }, run: func(a *attempt) {
			c := a.open("main.test")
			c.send(handshake("main.test", "/ws"))
			c.read("GET")
			if more, closed := c.closed(patience); !closed || more != "bye" {
				a.errorf("got %q, closed %t", more, closed)
			}
		}},
		{clause: "W1", name: "a client that closes closes the app", run: clientCloses},
		{clause: "W1", name: "the client's half is closed", run: halfClosed, differs: "nginx-half-close", observed: "EOF"},
		{clause: "W1", name: "the app's half is closed", run: appHalfClosed, differs: "nginx-half-close", observed: "the app got"},
		{clause: "W1", name: "lower case and odd spacing", request: get("main.test", "/ws", "connection: keep-alive , upgrade", "upgrade: WebSocket",
			"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13"), answer: refuse(), want: want{status: 403, bare: true, reaches: 1}},
		{clause: "W1", name: "Content-Length: 0 is no body", answer: refuse(), request: handshake("main.test", "/ws", "Content-Length: 0"),
			want: want{status: 403, bare: true, reaches: 1}},
		{clause: "W1", name: "below the route", request: handshake("main.test", "/ws/deep/er"), answer: refuse(), want: want{status: 403, bare: true, reaches: 1}},
		{clause: "W1", name: "a route that caches too", run: piped("/ws/cached", everyByte)},
		{clause: "W1", name: "an app on a Unix socket", run: piped("/local-ws", everyByte)},
		{clause: "W1", name: "one of two servers", run: piped("/pair-ws", everyByte)},
		{clause: "W1", name: "after requests on the same connection", answer: inTurn(say(page("x")), say(page("y")), echo), run: func(a *attempt) {
			c := a.open("main.test")
			for range 2 {
				c.send(get("main.test", "/ws"))
				a.check(c.read("GET"), want{status: 200})
			}
			c.send(handshake("main.test", "/ws"))
			a.compare("status", http.StatusText(c.read("GET").status), "Switching Protocols")
			c.send("ping")
			c.expect("ping")
		}},
		{clause: "W1", name: "many at once", run: manySockets},

		{clause: "W2", name: "idle for too long: closed", edge: "quick", run: idleSocket},
		{clause: "W2", name: "data from the client keeps it open", edge: "quick", run: busySocket("client")},
		{clause: "W2", name: "data from the app keeps it open", edge: "quick", run: busySocket("app")},
		{clause: "W2", name: "outlives every other timeout", edge: "main", run: outlives},
		{clause: "W2", name: "the default reaches every daemon", run: renderedIdle},
	}
}
