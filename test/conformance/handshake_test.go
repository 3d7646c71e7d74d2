package conformance

import (
	"strings"
	"time"
)

// handshakeCases are W3 to W5: what is no WebSocket.
func handshakeCases() []contractCase {
	const good = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	refused := want{status: 400, reaches: never, closes: true}
	bad := func(name, request string) contractCase {
		return contractCase{clause: "W3", name: name, request: request, want: refused}
	}
	other := func(name string, lines ...string) contractCase {
		return contractCase{clause: "W3", name: name, request: get("main.test", "/ws", append([]string{"Connection: Upgrade", "Upgrade: websocket", good}, lines...)...),
			want: want{status: 426, headers: map[string]string{"Sec-WebSocket-Version": "13", "Upgrade": "websocket"}, reaches: never}}
	}
	ordinary := func(name, request string) contractCase {
		return contractCase{clause: "W4", name: name, request: request, want: want{status: 200, reaches: 1,
			sees: map[string]string{"Upgrade": "", "Connection": "~^(?i)(close|keep-alive)?$"}}}
	}
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket", good, "Sec-WebSocket-Version: 13"}
	return []contractCase{
		bad("POST", ask("POST", "main.test", "/ws", "", upgrade...)),
		bad("HEAD", ask("HEAD", "main.test", "/ws", "", upgrade...)),
		bad("HTTP/1.0", strings.Replace(get("main.test", "/ws", upgrade...), "HTTP/1.1", "HTTP/1.0", 1)),
		bad("no key", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")),
		bad("a short key", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: c2hvcnQ=", "Sec-WebSocket-Version: 13")),
		bad("a long key", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ09PT0=", "Sec-WebSocket-Version: 13")),
		bad("a key that is no base64", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!!==", "Sec-WebSocket-Version: 13")),
		bad("an empty key", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key:", "Sec-WebSocket-Version: 13")),
		bad("two keys", get("main.test", "/ws", append(upgrade, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")...)),
		bad("Connection does not name upgrade", get("main.test", "/ws", "Connection: keep-alive", "Upgrade: websocket", good, "Sec-WebSocket-Version: 13")),
		bad("Connection names something like upgrade", get("main.test", "/ws", "Connection: upgraded, x-upgrade", "Upgrade: websocket", good, "Sec-WebSocket-Version: 13")),
		bad("no Connection", get("main.test", "/ws", "Upgrade: websocket", good, "Sec-WebSocket-Version: 13")),
		bad("no Upgrade", get("main.test", "/ws", "Connection: Upgrade", good, "Sec-WebSocket-Version: 13")),
		bad("another Upgrade", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: h2c", good, "Sec-WebSocket-Version: 13")),
		bad("no version", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: websocket", good)),
		bad("a body", ask("GET", "main.test", "/ws", "hello", append(upgrade, "Content-Length: 5")...)),
		bad("a chunked body", ask("GET", "main.test", "/ws", "0\r\n\r\n", append(upgrade, "Transfer-Encoding: chunked")...)),
		other("version 8", "Sec-WebSocket-Version: 8"),
		other("version 14", "Sec-WebSocket-Version: 14"),
		other("a list of versions", "Sec-WebSocket-Version: 13, 8"),
		other("a version that is no number", "Sec-WebSocket-Version: x"),
		{clause: "W3", name: "what follows a refused handshake is not looked at", run: func(a *attempt) {
			c := a.open("main.test")
			c.send(handshake("main.test", "/ws", "Content-Length: 60") + get("main.test", "/smuggled"))
			a.check(c.read("GET"), want{status: 400, reaches: never})
			if more, closed := c.closed(patience); !closed || more != "" {
				a.errorf("closed %t, more %q", closed, more)
			}
		}},
		{clause: "W3", name: "an ordinary request on such a route is one", request: get("main.test", "/ws"), want: want{status: 200, reaches: 1}},

		ordinary("a whole handshake elsewhere", handshake("main.test", "/")),
		ordinary("half a handshake elsewhere", get("main.test", "/", "Connection: Upgrade", "Upgrade: websocket")),
		ordinary("h2c elsewhere", get("main.test", "/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")),
		ordinary("h2c on the route", get("main.test", "/ws", "Connection: Upgrade", "Upgrade: h2c")),
		ordinary("beside the route", handshake("main.test", "/wsx")),
		ordinary("with a cached route", handshake("main.test", "/ttl")),
		ordinary("POST elsewhere", ask("POST", "main.test", "/", "hello", append(upgrade, "Content-Length: 5")...)),
		{clause: "W4", name: "the connection goes on", run: func(a *attempt) {
			c := a.open("main.test")
			for i := range 3 {
				c.send(handshake("main.test", "/"))
				a.check(c.read("GET"), want{status: 200, reaches: i + 1})
			}
		}, differs: "nginx-handshake-closes", observed: "no answer|send"},
		{clause: "W4", name: "a site without WebSockets", request: handshake("second.test", "/ws"), want: want{status: 200, reaches: 1}},
		{clause: "W4", name: "files", request: handshake("files.test", "/letters.txt"), want: want{status: 200, body: letters, reaches: never}},

		{clause: "W5", name: "404 and what follows", run: notSwitched(say(pageOf("404 Not Found", "no\n")), 404)},
		{clause: "W5", name: "200 and what follows", run: notSwitched(say(page("no\n")), 200)},
		{clause: "W5", name: "a chunked answer and what follows", run: notSwitched(say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno\n\r\n0\r\n\r\n"), 200)},
		{clause: "W5", name: "204 and what follows", run: notSwitched(say("HTTP/1.1 204 No Content\r\n\r\n"), 204)},
		{clause: "W5", name: "a redirect and what follows", run: notSwitched(say(pageOf("302 Found", "", "Location: /login")), 302)},
		{clause: "W5", name: "the app's refusal closes the connection", request: handshake("main.test", "/ws"), answer: refuse(),
			want: want{status: 403, bare: true, closes: true, sees: map[string]string{"Connection": "~(?i)^(?:close, ?)?upgrade$"}}},
		{clause: "W5", name: "not a byte that follows reaches the app's socket", run: nothingFollows,
			differs: "varnish-bytes-after-handshake", observed: "reached the app"},
		{clause: "W5", name: "an app that will not close", run: stubborn,
			differs: "varnish-stubborn-app", observed: "reached the app"},
	}
}

// notSwitched: an app that honours Connection: close sees one request, and the
// client's connection ends with the answer.
func notSwitched(answer func(*exchange), status int) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, answer)
		c := a.open("main.test")
		c.send(handshake("main.test", "/ws") + get("main.test", "/smuggled", "X-Forwarded-For: 6.6.6.6"))
		got := c.read("GET")
		a.check(got, want{status: status, bare: true, reaches: 1})
		if more, closed := c.closed(patience); !closed || more != "" {
			a.errorf("closed %t, more %q", closed, more)
		}
		if seen := a.seen(); len(seen) != 1 {
			a.errorf("%d requests were taken for requests", len(seen))
		}
	}
}

// nothingFollows: the strict reading, in which the bytes are not even sent on.
func nothingFollows(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		// What comes within a moment would be read with the next request.
		_ = x.conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		_, _ = x.reader.Peek(1) // the tape is what is looked at
		x.write(pageOf("404 Not Found", "no\n"))
		x.end()
	})
	c := a.open("main.test")
	c.send(handshake("main.test", "/ws") + "GET /follows-{case} HTTP/1.1\r\n\r\n")
	a.check(c.read("GET"), want{status: 404, bare: true})
	if a.edge.record.brought("follows-" + a.mark) {
		a.errorf("what follows reached the app")
	}
}

// stubborn: an app that keeps the connection open although it was told to
// close reads what follows as a request.
func stubborn(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		x.write(pageOf("404 Not Found", "no\n"))
		x.header.Del("Connection")
	})
	c := a.open("main.test")
	c.send(handshake("main.test", "/ws"))
	a.check(c.read("GET"), want{status: 404, bare: true})
	c.send(get("main.test", "/follows"))
	c.closed(2 * time.Second)
	if len(a.seen()) > 1 {
		a.errorf("what follows reached the app")
	}
}
