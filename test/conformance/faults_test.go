package conformance

import (
	"strings"
	"time"
)

// faultCases are E1 to E3: backends that fail, and methods that are none.
func faultCases() []contractCase {
	bad := want{status: 502, body: "502 Bad Gateway\n", headers: plainPage()}
	allow := map[string]string{"Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Content-Type": "text/plain; charset=utf-8"}
	method := func(name, method string) contractCase {
		return contractCase{clause: "E3", name: name, request: ask(method, "main.test", "/", ""),
			want: want{status: 405, headers: allow, body: "405 Method Not Allowed\n", reaches: never}}
	}
	return []contractCase{
		{clause: "E1", name: "refused", request: get("main.test", "/dead"), want: bad},
		{clause: "E1", name: "POST refused", request: ask("POST", "main.test", "/dead", "x=1", "Content-Length: 3"), want: bad},
		{clause: "E1", name: "every server refuses", request: get("main.test", "/gone"), want: want{status: 502, body: "502 Bad Gateway\n"}, run: everyServerRefuses},
		{clause: "E1", name: "reset before an answer", request: get("main.test", "/"), answer: (*exchange).reset, want: bad},
		{clause: "E1", name: "closed before an answer", request: get("main.test", "/"), answer: (*exchange).end, want: bad},
		{clause: "E1", name: "closed within the head", request: get("main.test", "/"), want: bad,
			answer: func(x *exchange) { x.write("HTTP/1.1 200 OK\r\nContent-"); x.end() }},
		{clause: "E1", name: "no HTTP", request: get("main.test", "/"), want: bad, answer: func(x *exchange) { x.write("220 smtp ready\r\n\r\n"); x.end() }},
		{clause: "E1", name: "too slow", request: get("main.test", "/"), answer: stall(6 * time.Second),
			want: want{status: 504, body: "504 Gateway Timeout\n", headers: plainPage(), reaches: 1}},
		{clause: "E1", name: "POST too slow", request: ask("POST", "main.test", "/", "x=1", "Content-Length: 3"), answer: stall(6 * time.Second),
			want: want{status: 504, reaches: 1}},
		{clause: "E1", name: "too slow where there are files", request: get("files.test", "/both/none"), answer: stall(6 * time.Second), want: want{status: 504}},
		{clause: "E1", name: "GET is tried once more", request: get("main.test", "/retry"), answer: inTurn((*exchange).reset, say(page("second"))),
			want: want{status: 200, body: "second", reaches: 2}},
		{clause: "E1", name: "on another server", run: anotherServer},
		{clause: "E1", name: "GET is tried once more on one server", request: get("main.test", "/"), answer: inTurn((*exchange).reset, say(page("second"))),
			want: want{status: 200, body: "second", reaches: 2}},
		{clause: "E1", name: "twice and no more", request: get("main.test", "/twice"), answer: (*exchange).reset, want: want{status: 502, reaches: 2}},
		{clause: "E1", name: "POST is not tried again", request: ask("POST", "main.test", "/once", "x=1", "Content-Length: 3"), answer: (*exchange).reset,
			want: want{status: 502, reaches: 1}},
		{clause: "E1", name: "a kept connection that the app has closed", run: keptAndClosed},
		{clause: "B1", name: "localhost on ::1", request: get("main.test", "/six"), want: want{status: 200, body: "app six\n", reaches: 1}},
		{clause: "B1", name: "a POST to localhost on ::1", request: ask("POST", "main.test", "/six", "x", "Content-Length: 1"), want: want{status: 200, body: "app six\n", reaches: 1}},
		{clause: "B1", name: "a WebSocket to localhost on ::1", request: handshake("main.test", "/six"),
			answer: say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
			want:   want{status: 101, bare: true}, differs: "varnish-localhost", observed: "no answer|status"},
		{clause: "B1", name: "localhost moves from one address to the other", run: moves},
		{clause: "E1", name: "a server that refuses is passed over", run: passedOver},
		{clause: "E1", name: "a POST to a server that refuses goes to the other", run: passedOverPost},
		{clause: "E1", name: "the app's own 502, 503, 504", run: ownErrors},
		{clause: "E1", name: "a handshake with an app that refuses the connection", request: handshake("main.test", "/dead-ws"),
			want: want{status: 502, bare: true}, differs: "varnish-pipe-failure", observed: "no answer"},
		{clause: "E1", name: "a handshake that the app resets", request: handshake("main.test", "/ws"), answer: (*exchange).reset,
			want: want{status: 502, bare: true}, differs: "varnish-pipe-failure", observed: "no answer"},
		{clause: "E1", name: "a handshake that the app is too slow for", request: handshake("main.test", "/ws"), answer: stall(6 * time.Second),
			want: want{status: 504, bare: true}, differs: "varnish-pipe-first-byte", observed: "status 200, want 504"},
		{clause: "E1", name: "an answer without a length", request: get("main.test", "/"), answer: func(x *exchange) { x.write("HTTP/1.1 200 OK\r\n\r\nall of it"); x.end() },
			want: want{status: 200, body: "all of it"}},
		{clause: "E1", name: "an answer in HTTP/1.0", request: get("main.test", "/"), answer: func(x *exchange) { x.write("HTTP/1.0 200 OK\r\n\r\nold"); x.end() },
			want: want{status: 200, body: "old"}},
		{clause: "E1", name: "204 has no body", request: get("main.test", "/"), answer: say("HTTP/1.1 204 No Content\r\n\r\n"), want: want{status: 204, body: "~^$"}},
		{clause: "E1", name: "304 has no body", request: get("main.test", "/", `If-None-Match: "a"`, "Cookie: past=cache"), answer: say("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"), want: want{status: 304, body: "~^$"}},
		{clause: "E1", name: "HEAD with a length", request: ask("HEAD", "main.test", "/", ""), answer: say(page("12345")),
			want: want{status: 200, body: "~^$", headers: map[string]string{"Content-Length": "5"}}},
		{clause: "E1", name: "an answer after 103", request: get("main.test", "/"), answer: say("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + page("after")),
			want: want{status: 200, body: "after"}, differs: "nginx-early-hints", observed: "status"},
		{clause: "E1", name: "early hints before an answer without a length", request: get("main.test", "/"), answer: func(x *exchange) {
			x.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nall of it")
			x.end()
		},
			want: want{status: 200, body: "all of it"}, differs: "nginx-early-hints-close", observed: "status 502, want 200"},
		{clause: "E1", name: "early hints before the answer to a HEAD", request: ask("HEAD", "main.test", "/", ""), answer: func(x *exchange) {
			x.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
		},
			want: want{status: 200}, differs: "nginx-early-hints-head", observed: "status 502, want 200"},
		{clause: "E1", name: "a final answer to a HEAD that is none", request: ask("HEAD", "main.test", "/", ""),
			answer: func(x *exchange) { x.write("HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n"); x.end() }, want: want{status: 502}},
		{clause: "E1", name: "an odd status", request: get("main.test", "/"), answer: say(pageOf("299 Odd", "x")), want: want{status: 299, body: "x"}},
		{clause: "E1", name: "Expect: 100-continue", run: expectContinue},
		{clause: "E1", name: "chunks with trailers", request: get("main.test", "/"), answer: say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"),
			want: want{status: 200, body: "abc"}},
		{clause: "E1", name: "a big body", run: bigBody},
		{clause: "E1", name: "an answer's head of 60 KiB", request: get("main.test", "/"), answer: say(page("x", "X-Big: "+strings.Repeat("b", 60<<10))),
			want: want{status: 200, body: "x", headers: map[string]string{"X-Big": strings.Repeat("b", 60<<10)}}},
		{clause: "E1", name: "an answer's head of 30 KiB", request: get("main.test", "/"), answer: say(page("x", "X-Big: "+strings.Repeat("b", 30<<10))),
			want: want{status: 200, body: "x"}},

		{clause: "E2", name: "shorter than its length", run: cutShort("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")},
		{clause: "E2", name: "chunks without an end", run: cutShort("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
			differs: "varnish-short-chunks", observed: "whole-looking"},
		{clause: "E2", name: "chunks that are none", run: cutShort("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n"),
			differs: "varnish-short-chunks", observed: "whole-looking"},
		{clause: "E5", name: "a body that its client does not take", run: notReadAhead,
			differs: "varnish-read-ahead", observed: "read ahead"},
		{clause: "E2", name: "a slow client that asked to close", run: slowAndClosing,
			differs: "stunnel-slow-reader", observed: "short"},
		{clause: "E2", name: "never stored: length", run: cutShort("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nhalf")},
		{clause: "E2", name: "never stored: chunks", run: cutShort("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")},

		method("TRACE", "TRACE"), method("CONNECT as an ordinary target", "CONNECT"), method("an unknown one", "BREW"),
		method("PROPFIND", "PROPFIND"), method("PURGE", "PURGE"), method("lower case", "get").differing(unread, "status 400, want 405"), method("a long one", strings.Repeat("A", 40)),
		{clause: "E3", name: "on files", request: ask("TRACE", "files.test", "/letters.txt", ""), want: want{status: 405, headers: allow}},
		{clause: "E3", name: "on an unknown host", request: ask("BREW", "unknown.test", "/", ""), want: want{status: 405, headers: allow}},
		{clause: "E3", name: "with a body", request: ask("BREW", "main.test", "/", "hello", "Content-Length: 5"), want: want{status: 405, headers: allow, reaches: never}},
		{clause: "E3", name: "PRI is no method", run: func(a *attempt) {
			c := a.open("main.test")
			c.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
			if got := c.tryRead("PRI"); got != nil && got.status < 400 {
				a.errorf("status %d", got.status)
			}
		}},
	}
}
