package conformance

import (
	"fmt"
	"strings"
	"time"
)

// stolen is what an app sends behind an answer: it would do for an answer to
// somebody else's request.
const stolen = "HTTP/1.1 200 OK\r\nSet-Cookie: stolen\r\nContent-Length: 6\r\n\r\nstolen"

// carelessCases are apps that send more than their answers say.
func carelessCases() []contractCase {
	careless := func(name, method, answer string) contractCase {
		return contractCase{clause: "E2", name: "behind an answer: " + name, run: carelessApp("/careless", method, answer)}
	}
	later := contractCase{clause: "E2", name: "behind an answer: a little later", differs: "nginx-late-bytes", observed: "another's",
		run: carelessApp("/late", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\x00"+stolen)}
	unclear := func(name, answer string) contractCase {
		return contractCase{clause: "E2", name: "an answer that is none: " + name, request: get("main.test", "/", "Cookie: past=cache"),
			answer: func(x *exchange) { x.write(answer); x.end() }, want: want{status: 502}, differs: "nginx-lenient-answers", observed: "status 200, want 502"}
	}
	return []contractCase{
		careless("HEAD with a body", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 73\r\n\r\n"+stolen),
		careless("204 with a body", "GET", "HTTP/1.1 204 No Content\r\n\r\n"+stolen),
		careless("304 with a body", "GET", "HTTP/1.1 304 Not Modified\r\n\r\n"+stolen),
		careless("Content-Length too short", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"+stolen),
		careless("Content-Length of nothing", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"+stolen),
		careless("behind the last chunk", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"+stolen),
		careless("two answers to a POST", "POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"+stolen),
		later,
		unclear("a first line of another HTTP", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
		unclear("a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"),
		{clause: "E2", name: "204 with a length", request: get("main.test", "/", "Cookie: past=cache"),
			answer: func(x *exchange) { x.write("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"); x.end() },
			want:   want{status: 204}, differs: "nginx-long-204", observed: "status 502, want 204"},
		{clause: "E2", name: "every status is the app's to give", run: everyStatus},
		{clause: "E2", name: "304 for a request without a condition, past the cache", request: get("main.test", "/", "Cookie: past=cache"), answer: say(unasked), want: want{status: 304, body: "~^$", headers: map[string]string{"ETag": `"a"`}}},
		{clause: "E2", name: "304 for a POST", request: ask("POST", "main.test", "/", "", "Content-Length: 0"), answer: say(unasked), want: want{status: 304, body: "~^$"}},
		{clause: "E2", name: "304 for a request without a condition", caches: true, run: unaskedConfirmation, differs: "varnish-unasked-304", observed: "status 502, want 304"},
	}
}

// carelessApp sends pairs of requests: one that the app is careless with, and
// one whose answer has to be its own.
func carelessApp(target, method, answer string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, func(x *exchange) {
			if own, ok := strings.CutPrefix(x.target, target+"/own/"); ok {
				x.write(page(own))
				return
			}
			first, second, late := strings.Cut(answer, "\x00")
			begun := time.Now()
			x.write(first)
			if !late {
				return
			}
			time.Sleep(30 * time.Millisecond)            // the app's delay
			if time.Since(begun) < 80*time.Millisecond { // a busy machine makes it longer, and a connection rests for 100 ms
				x.write(second)
			}
		})
		var c *client
		for trial := range 25 {
			if c == nil {
				c = a.open("main.test")
			}
			own := fmt.Sprintf("%d?case=%s", trial, a.mark)
			body, framing := "", "X-Nothing: 0"
			if method == "POST" {
				body, framing = "x", "Content-Length: 1"
			}
			c.send(ask(method, "main.test", target, body, framing, "Cookie: past=cache"))
			got := c.tryRead(method)
			if got != nil && (strings.Contains(got.body, "stolen") || got.header.Get("Set-Cookie") != "") {
				a.fatalf("%d: the careless answer has another's bytes: %q", trial, got.body)
			}
			if got == nil || got.broken != nil || got.header.Get("Connection") == "close" {
				c = a.open("main.test")
			}
			c.send(ask("GET", "main.test", fmt.Sprintf("%s/own/%d", target, trial), "", "Cookie: past=cache"))
			if got := c.tryRead("GET"); got == nil || got.status != 200 || got.body != own {
				a.fatalf("%d: another's answer: %+v", trial, got)
			}
		}
	}
}

// unasked confirms what nobody has asked about.
const unasked = "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=60\r\n\r\n"

// unaskedConfirmation: it is passed on as any status is, and never stored.
func unaskedConfirmation(a *attempt) {
	a.edge.record.answer(a.mark, say(unasked))
	a.check(a.ask(get("main.test", "/")), want{status: 304, body: "~^$", reaches: 1})
	a.check(a.ask(get("main.test", "/")), want{status: 304, body: "~^$", reaches: 2})
	a.edge.record.answer(a.mark, say(page("all of it", "Cache-Control: max-age=60")))
	a.check(a.ask(get("main.test", "/")), want{status: 200, body: "all of it", reaches: 3})
	a.check(a.ask(get("main.test", "/")), want{status: 200, body: "all of it", reaches: 3})
}

// everyStatus: none is a mark of the edge's own.
func everyStatus(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		status := strings.TrimPrefix(x.target[:strings.IndexByte(x.target, '?')], "/status/")
		x.write("HTTP/1.1 " + status + " Odd\r\nX-Given: " + status + "\r\nContent-Length: 0\r\n\r\n")
	})
	var c *client
	for status := 200; status < 600; status++ {
		if status == 304 || status == 206 {
			continue // they answer conditions and ranges
		}
		if c == nil {
			c = a.open("main.test")
		}
		c.send(get("main.test", fmt.Sprintf("/status/%d", status), "Cookie: past=cache"))
		got := c.tryRead("GET")
		if got == nil || got.status != status || got.header.Get("X-Given") != fmt.Sprint(status) {
			a.errorf("%d: %+v", status, got)
			c = nil
		} else if got.header.Get("Connection") == "close" {
			c = nil
		}
	}
}
