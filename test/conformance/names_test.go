package conformance

import (
	"slices"
	"strings"
	"time"
)

// nameCases are about fields that mean more to an app than to the edge: those that
// it takes for others, those that change what was asked for, and those in which it
// asks the server before it for something.
func nameCases() []contractCase {
	framing := []string{"Transfer_Encoding: chunked", "Content_Length: 5", "content_type: evil/evil", "TRANSFER_ENCODING: gzip", "Content_Encoding: gzip",
		"Accept_Encoding: br", "If_None-Match: *", "If-Modified_Since: 0", "Proxy_Authorization: evil", "Sec_WebSocket_Key: evil"}
	odd := []string{"Transfer.Encoding: chunked", "Content.Length: 5", "X!Forwarded!For: 6.6.6.6", "X~Real~IP: 6.6.6.6", "X.Request.Id: evil"}
	targets := []string{"X-Original-URL: /evil", "X-Rewrite-URL: /evil", "x-original-host: evil.test", "X-Host: evil.test", "X-Http-Host-Override: evil.test",
		"X_Original_URL: /evil", "X-Forwarded-Prefix: /evil", "X-Url-Scheme: http"}
	methods := []string{"X-HTTP-Method-Override: DELETE", "X-Http-Method: PUT", "x-method-override: PATCH"}
	methodsAlike := []string{"X_HTTP_Method_Override: DELETE", "X-Method_Override: PUT"}
	handovers := []string{"X-Accel-Redirect: /inner/secret", "X-Accel-Expires: 3600", "X-Accel-Buffering: yes", "X-Accel-Limit-Rate: 1", "X-Accel-Charset: koi8-r",
		"X-Sendfile: /etc/passwd", "x-accel-mapping: /a=/b", "X-LIGHTTPD-send-file: /etc/passwd"}
	dropped := func(clause, name, request string, lines ...[]string) contractCase {
		return contractCase{clause: clause, name: name, request: request, want: want{status: 200, sees: absent(slices.Concat(lines...))}}
	}
	alike := func(c contractCase) contractCase {
		c.differs, c.observed = "nginx-framing-alike", "status 400, want 200"
		return c
	}
	silent := func(name, target string) contractCase {
		return contractCase{clause: "E7", name: name, request: get("main.test", target), answer: say(page("own\n", handovers...)),
			want: want{status: 200, body: "own\n", headers: absent(handovers)}}
	}
	return []contractCase{
		alike(dropped("E4", "what an app takes for framing", get("main.test", "/", framing...), framing)),
		alike(dropped("E4", "what an app takes for framing, with a body", ask("POST", "main.test", "/", "hello", slices.Concat(framing, []string{"Content-Length: 5"})...), framing)),
		alike(dropped("E4", "what an app takes for framing is not in what is stored", get("main.test", "/ttl", framing...), framing)),
		dropped("E4", "names that hold other characters", get("main.test", "/", odd...), odd),
		{clause: "F4", name: "what an app takes for framing in a handshake", request: handshake("main.test", "/ws", slices.Concat(framing, targets)...), answer: refuse(),
			want: want{status: 403, bare: true, sees: absent(slices.Concat(framing, targets))}},
		dropped("F2", "what was asked for in other words", get("main.test", "/", targets...), targets),
		dropped("F2", "what was asked for in other words is not in what is stored", get("main.test", "/ttl", targets...), targets),
		dropped("F2", "what was asked for in other words where nobody is trusted", get("second.test", "/ttl", targets...), targets),
		{clause: "F2", name: "a trusted peer's other words", from: "127.0.0.9", request: get("main.test", "/", "X-Original-URL: /outer", "X-Forwarded-Prefix: /outer"),
			want: want{status: 200, sees: map[string]string{"X-Original-Url": "/outer", "X-Forwarded-Prefix": "/outer"}}},
		{clause: "K1", name: "a trusted peer's other words are part of what is stored", run: storedByWords},
		dropped("K1", "another method for a GET", get("main.test", "/ttl", slices.Concat(methods, methodsAlike)...), methods, methodsAlike),
		dropped("K1", "another method for a GET past the cache", get("main.test", "/", slices.Concat(methods, []string{"Cookie: past=cache"})...), methods),
		{clause: "K1", name: "another method for a GET of a trusted peer's", from: "127.0.0.9", request: get("main.test", "/ttl", methods...),
			want: want{status: 200, sees: absent(methods)}},
		{clause: "F1", name: "another method for a POST", request: ask("POST", "main.test", "/", "x=1", "Content-Length: 3", methods[0]),
			want: want{status: 200, sees: map[string]string{"X-Http-Method-Override": "DELETE"}}},
		silent("what an app would have a server do", "/"),
		silent("what an app would have a server do, stored", "/ttl"),
		{clause: "E7", name: "what an app would have a server do, from the cache", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(page("own\n", handovers...)))
			a.check(a.ask(get("main.test", "/ttl")), want{status: 200})
			a.check(a.ask(get("main.test", "/ttl")), want{status: 200, body: "own\n", headers: with(absent(handovers), map[string]string{"X-Cache": "HIT"})})
		}},

		{clause: "K1", name: "a GET with a body is not stored", run: fatGet("first")},
		{clause: "K1", name: "a GET with a body is not looked up", run: fatGet("second")},
		{clause: "K1", name: "a GET with chunks is not stored", run: fatGet("first chunked")},
		{clause: "K1", name: "a GET with chunks is not looked up", run: fatGet("second chunked")},
		{clause: "K1", name: "a GET whose body is empty is one without",
			run: twice(get("main.test", "/ttl"), get("main.test", "/ttl", "Content-Length: 0"), "HIT", page("x"))},

		{clause: "K1", name: "a stream of events is not stored", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "~MISS|PASS", page("data: x\n\n", "Content-Type: text/event-stream"))},
		{clause: "K1", name: "a stream of events that says how long is not stored",
			run: twice(get("main.test", "/"), get("main.test", "/"), "~MISS|PASS", page("data: x\n\n", "Content-Type: Text/Event-Stream; charset=utf-8", "Cache-Control: max-age=60"))},
		{clause: "E1", name: "a media type that is named twice, once broken",
			run: twice(get("main.test", "/"), get("main.test", "/"), "~MISS|PASS", page("x", `Content-Type: text/html; charset="`, "Content-Type: text/plain"))},
		{clause: "K1", name: "a stream of events passes as it comes", run: eventsPass},
	}
}

// storedByWords: what a trusted proxy says of the prefix may be in a page's links.
func storedByWords(a *attempt) {
	ask := func(prefix, cache string) {
		a.check(a.askFrom("127.0.0.9", get("main.test", "/ttl", "X-Forwarded-Prefix: "+prefix)), want{status: 200, headers: map[string]string{"X-Cache": cache}})
	}
	ask("/one", "MISS")
	ask("/two", "MISS")
	ask("/one", "HIT")
	// Whom nobody believes gets what was made for nobody's words.
	a.check(a.askFrom("127.0.0.2", get("main.test", "/ttl", "X-Forwarded-Prefix: /one")), want{status: 200, headers: map[string]string{"X-Cache": "MISS"}, reaches: 3})
}

// fatGet has the first or the second of two requests bring a body. Neither gets the
// other's answer, and the app gets the body.
func fatGet(which string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, inTurn(say(page("one")), say(page("two")), say(page("three"))))
		plain, fat := get("main.test", "/ttl"), ask("GET", "main.test", "/ttl", "q=evil", "Content-Length: 6")
		if strings.HasSuffix(which, "chunked") {
			fat = ask("GET", "main.test", "/ttl", "6\r\nq=evil\r\n0\r\n\r\n", "Transfer-Encoding: chunked")
		}
		first, second := plain, fat
		if strings.HasPrefix(which, "first") {
			first, second = fat, plain
		}
		a.check(a.ask(first), want{status: 200, body: "one"})
		a.check(a.ask(second), want{status: 200, body: "two", reaches: 2})
		for i, one := range a.seen() {
			if want := []string{"", "q=evil"}[min(1, strings.Count([]string{first, second}[i], "q=evil"))]; one.body != want {
				a.errorf("request %d brought the app %q, want %q", i+1, one.body, want)
			}
		}
	}
}

// eventsPass: an event reaches the client before the next one is there, on a route
// whose answers are stored.
func eventsPass(a *attempt) {
	next := make(chan struct{})
	a.edge.record.answer(a.mark, func(x *exchange) {
		x.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
		for _, event := range []string{"data: one\n\n", "data: two\n\n"} {
			x.write("b\r\n" + event + "\r\n")
			select {
			case <-next:
			case <-time.After(patience):
			}
		}
		x.write("0\r\n\r\n")
	})
	c := a.open("main.test")
	c.send(get("main.test", "/ttl"))
	if err := c.conn.SetReadDeadline(time.Now().Add(patience / 2)); err != nil {
		a.fatalf("%v", err)
	}
	for _, event := range []string{"data: one", "data: two"} {
		for line := ""; !strings.Contains(line, event); {
			var err error
			if line, err = c.reader.ReadString('\n'); err != nil {
				close(next)
				a.fatalf("waiting for %q: %v", event, err)
			}
		}
		next <- struct{}{}
	}
}
