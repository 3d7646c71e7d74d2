package conformance

import (
	"fmt"
	"strings"
	"time"
)

// framingCases are E4: 400, closed, nothing forwarded, not even what follows.
func framingCases() []contractCase {
	// The head's lines stand between a good request line and a good Host.
	lines := func(name, head string) contractCase {
		return contractCase{clause: "E4", name: name, run: malformed("POST /?case={case} HTTP/1.1\r\nHost: main.test\r\n" + head)}
	}
	raw := func(name, head string) contractCase {
		return contractCase{clause: "E4", name: name, run: malformed(head)}
	}
	differs := contractCase.differing
	const bare = "the answer is bare"
	return []contractCase{
		lines("Content-Length and Transfer-Encoding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		lines("the other way round", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
		lines("conflicting lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
		lines("conflicting lengths in one line", "Content-Length: 5, 6\r\n\r\nhello"),
		lines("a negative length", "Content-Length: -5\r\n\r\nhello"),
		lines("a signed length", "Content-Length: +5\r\n\r\nhello"),
		lines("a hexadecimal length", "Content-Length: 0x5\r\n\r\nhello"),
		lines("an empty length", "Content-Length:\r\n\r\nhello"),
		lines("a length beyond numbers", "Content-Length: 99999999999999999999999\r\n\r\nhello"),
		lines("an unknown coding", "Transfer-Encoding: gzip\r\n\r\nhello"),
		lines("chunked and something else", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
		lines("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		lines("chunked before something else", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
		lines("xchunked", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
		lines("chunked with a vertical tab", "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"),
		lines("a space before the colon", "X-Odd : 1\r\n\r\n"),
		lines("a space before the colon of a length", "Content-Length : 5\r\n\r\nhello"),
		differs(lines("a folded line", "X-Odd: a\r\n b\r\n\r\n"), "varnish-folded-lines", "status 200, want 400"),
		differs(lines("a folded line with a tab", "X-Odd: a\r\n\tb\r\n\r\n"), "varnish-folded-lines", "status 200, want 400"),
		differs(lines("a folded coding", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"), "varnish-folded-lines", "status 200, want 400"),
		differs(lines("a bare LF", "X-Odd: 1\nX-Other: 2\r\n\r\n"), "native-bare-lf", "status 200, want 400"),
		differs(lines("a bare LF at the end of the head", "X-Odd: 1\r\n\n"), "native-bare-lf", "status 200, want 400"),
		lines("a bare CR in a value", "X-Odd: a\rb\r\n\r\n"),
		lines("a bare CR that looks like a line", "X-Odd: a\rX-Other: b\r\n\r\n"),
		lines("a NUL in a value", "X-Odd: a\x00b\r\n\r\n"),
		lines("a control byte in a value", "X-Odd: a\x01b\r\n\r\n"),
		lines("DEL in a value", "X-Odd: a\x7fb\r\n\r\n"),
		lines("a control byte in a name", "X-O\x01dd: a\r\n\r\n"),
		lines("a space in a name", "X Odd: a\r\n\r\n"),
		lines("no name", ": a\r\n\r\n"),
		differs(lines("no colon", "nonsense\r\n\r\n"), "nginx-no-colon", "status 200, want 400"),
		lines("two Hosts", "Host: second.test\r\n\r\n"),
		raw("HTTP/1.0 with a coding", "POST /?case={case} HTTP/1.0\r\nHost: main.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		raw("a first line that is folded", "GET /?case={case} HTTP/1.1\r\n Host: main.test\r\n\r\n"),
		differs(raw("a bare LF after the request line", "GET /?case={case} HTTP/1.1\nHost: main.test\r\n\r\n"), "native-bare-lf", "status 200, want 400"),
		raw("a space in the target", "GET /a b?case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"),
		raw("a control byte in the target", "GET /a\x01?case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"),
		raw("a NUL in the target", "GET /a\x00?case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"),
		raw("a fragment in the target", "GET /a?case={case}#part HTTP/1.1\r\nHost: main.test\r\n\r\n"),
		raw("a target that is no path", "GET a?case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"),
		differs(raw("no version", "GET /?case={case}\r\nHost: main.test\r\n\r\n"), "nginx-no-version", "no answer, want 400"),
		raw("a version beyond 1.1", "GET /?case={case} HTTP/1.2x\r\nHost: main.test\r\n\r\n"),
		raw("HTTP in lower case", "GET /?case={case} http/1.1\r\nHost: main.test\r\n\r\n"),
		differs(raw("two spaces behind the method", "GET  /?case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"), "native-request-spaces", "status 200, want 400"),
		differs(raw("a space before the method", " GET /?case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"), "varnish-leading-space", "status 200, want 400"),
		raw("a control byte in the method", "G\x01T /?case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"),
		raw("a Host with a slash", "GET /?case={case} HTTP/1.1\r\nHost: main.test/x\r\n\r\n"),
		raw("a Host with a user", "GET /?case={case} HTTP/1.1\r\nHost: a@main.test\r\n\r\n"),
		differs(lines("a chunk that is no number", "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n0\r\n\r\n"), "varnish-malformed-chunks", "^no answer, want 400$"),
		differs(lines("a chunk with a sign", "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"), "varnish-malformed-chunks", "^no answer, want 400$"),
		differs(lines("a chunk of too many digits", "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"), "varnish-malformed-chunks", "^no answer, want 400$"),
		differs(lines("a chunk that is longer than it says", "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"), "varnish-malformed-chunks", "^no answer, want 400$"),
		differs(contractCase{clause: "E4", name: "Varnish's own 400s", run: wordlessRefusal}, "varnish-wordless-400", bare),
		lines("an address that Connection names", "X-Forwarded-For: 6.6.6.6\r\nConnection: X-Forwarded-For\r\n\r\n"),
		lines("another that Connection names", "Connection: close, x-real-ip\r\n\r\n"),
		lines("a sender that Connection names", "True-Client-IP: 6.6.6.6\r\nConnection: True-Client-IP\r\n\r\n"),
		lines("a target that Connection names", "Connection: close, x-original-url\r\n\r\n"),
		lines("a host that Connection names", "Connection: X-Forwarded-Host\r\n\r\n"),
		lines("a note that Connection names", "Connection: X-Edge-Host\r\n\r\n"),
		lines("an end-to-end field that Connection names", "Cookie: a=b\r\nConnection: keep-alive, Cookie\r\n\r\n"),
		lines("a length that Connection names", "Content-Length: 5\r\nConnection: Content-Length\r\n\r\nhello"),
		raw("HEAD with a body", "HEAD /?case={case} HTTP/1.1\r\nHost: main.test\r\nContent-Length: 5\r\n\r\nhello"),
		raw("HEAD with chunks", "HEAD /?case={case} HTTP/1.1\r\nHost: main.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
		raw("HTTP/1.2", "GET /?case={case} HTTP/1.2\r\nHost: main.test\r\n\r\n"),
		raw("HTTP/2.0", "GET /?case={case} HTTP/2.0\r\nHost: main.test\r\n\r\n"),
		raw("HTTP/0.9", "GET /?case={case} HTTP/0.9\r\nHost: main.test\r\n\r\n"),
		{clause: "E4", name: "HTTP/1.2 on http", plain: true, request: "GET /?case={case} HTTP/1.2\r\nHost: main.test\r\n\r\n", want: want{status: 400, closes: true}},
		{clause: "E4", name: "HTTP/2.0 on http", plain: true, request: "GET /?case={case} HTTP/2.0\r\nHost: main.test\r\n\r\n", want: want{status: 400, closes: true}},
		{clause: "E4", name: "an expectation that is none", request: ask("POST", "main.test", "/", "hello", "Content-Length: 5", "Expect: 200-ok"),
			want: want{status: 417, bare: true, reaches: never, closes: true}},
		{clause: "E4", name: "a field of its own that Connection names is dropped", request: get("main.test", "/", "X-Own: 1", "Connection: X-Own"),
			want: want{status: 200, sees: map[string]string{"X-Own": ""}}},
		{clause: "F1", name: "trailers of a request are dropped",
			run:     bodyWhole("Transfer-Encoding: chunked", "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: evil\r\n\r\n"),
			differs: "varnish-trailers", observed: "no answer"},
		{clause: "E4", name: "chunks that the client breaks off are not forwarded as a whole", run: brokenOff("Transfer-Encoding: chunked", "5\r\nhello\r\n")},
		{clause: "E4", name: "a body that the client breaks off is not forwarded as a whole", run: brokenOff("Content-Length: 10", "hello")},
		{clause: "E4", name: "the same length twice is one", run: sameLengthTwice},
	}
}

// malformed sends a request and another behind it: 400, closed, and neither
// reaches a backend. The words of the answer are another case's.
func malformed(request string) func(*attempt) {
	return func(a *attempt) {
		c := a.open("main.test")
		c.send(request + get("main.test", "/behind"))
		got := c.tryRead("POST")
		switch {
		case got == nil:
			a.errorf("no answer, want 400")
		case got.status != 400:
			a.errorf("status %d, want 400", got.status)
		}
		if more, closed := c.closed(3 * time.Second); !closed || more != "" {
			a.errorf("closed %t, more %.40q", closed, more)
		}
		for _, one := range a.seen() {
			a.errorf("forwarded: %.200q", one.head)
		}
	}
}

func wordlessRefusal(a *attempt) {
	got := a.ask("POST /?case={case} HTTP/1.1\r\nHost: main.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")
	if got.body != "400 Bad Request\n" || got.header.Get("X-Cache") != "PASS" {
		a.errorf("the answer is bare: %q, %v", got.body, got.header)
	}
}

func sameLengthTwice(a *attempt) {
	c := a.open("main.test")
	c.send("POST /?case={case} HTTP/1.1\r\nHost: main.test\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello")
	got := c.read("POST")
	// RFC 9112 6.3 lets a proxy do either.
	if got.status != 400 && (got.status != 200 || a.last().body != "hello" || strings.Count(a.last().head, "Content-Length") != 1) {
		a.errorf("status %d, %v", got.status, fmt.Sprint(a.seen()))
	}
}

// brokenOff: an app must not take half a body for a whole one.
func brokenOff(framing, body string) func(*attempt) {
	return func(a *attempt) {
		c := a.open("main.test")
		c.send(ask("POST", "main.test", "/", body, framing))
		_ = c.conn.Close() // that the rest never comes is what is tried
		// A second request on the same path shows that the edge goes on.
		a.check(a.ask(get("main.test", "/after")), want{status: 200})
		time.Sleep(200 * time.Millisecond) // nothing can be waited for
		for _, one := range a.seen() {
			if one.method == "POST" {
				a.errorf("half a body reached the app as a whole: %q %q", one.head, one.body)
			}
		}
	}
}
