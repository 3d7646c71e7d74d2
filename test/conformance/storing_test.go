package conformance

import (
	"net/http"
	"strings"
	"time"
)

// codingVaries stores a coded answer that varies by another field in its own
// words, which stay as they are.
func codingVaries(a *attempt) {
	a.edge.record.answer(a.mark, say(page("x", "Cache-Control: max-age=60", "Content-Encoding: br", "Vary: X-Kind")))
	for range 2 {
		a.check(a.ask(get("main.test", "/", "X-Kind: a", "Accept-Encoding: br")), want{reaches: 1, headers: map[string]string{"Vary": "X-Kind"}})
	}
	a.check(a.ask(get("main.test", "/", "X-Kind: b", "Accept-Encoding: br")), want{reaches: 2})
	a.check(a.ask(get("main.test", "/", "X-Kind: a")), want{reaches: 3})
}

// alsoInvalid has an unsafe request's answer name two other pages.
func alsoInvalid(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		if x.method == http.MethodPut {
			x.write(page("done", "Location: one?case="+a.mark, "Content-Location: https://main.test/ttl/two?case="+a.mark+"#part"))
			return
		}
		x.write(page("x"))
	})
	for _, path := range []string{"/ttl/one", "/ttl/two", "/ttl/three"} {
		a.check(a.ask(get("main.test", path)), want{headers: map[string]string{"X-Cache": "MISS"}})
	}
	a.check(a.ask(ask("PUT", "main.test", "/ttl/here", "", "Content-Length: 0")), want{body: "done"})
	for path, cache := range map[string]string{"/ttl/one": "MISS", "/ttl/two": "MISS", "/ttl/three": "HIT"} {
		a.check(a.ask(get("main.test", path)), want{headers: map[string]string{"X-Cache": cache}})
	}
}

// otherConfirmed gets a 304 for a tag that was not asked about: the answer is
// fetched anew.
func otherConfirmed(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		switch {
		case x.number == 1:
			x.write(page("old", `ETag: "v1"`, "Cache-Control: max-age=1, stale-while-revalidate=0"))
		case x.header.Get("If-None-Match") != "":
			x.write("HTTP/1.1 304 Not Modified\r\nETag: \"v2\"\r\n\r\n")
		default:
			x.write(page("new", `ETag: "v2"`, "Cache-Control: max-age=60"))
		}
	})
	a.expired(get("main.test", "/"), 200*time.Millisecond)
	a.check(a.ask(get("main.test", "/")), want{status: 200, body: "new", reaches: 3, headers: map[string]string{"ETag": `"v2"`}})
}

// askedAbout keeps an answer that may not be given without asking.
func askedAbout(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		if x.header.Get("If-None-Match") == `"v1"` {
			x.write("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: no-cache\r\n\r\n")
			return
		}
		x.write(page("x", `ETag: "v1"`, "Cache-Control: no-cache"))
	})
	for i := range 2 {
		a.check(a.ask(get("main.test", "/")), want{status: 200, body: "x", reaches: i + 1, headers: map[string]string{"X-Cache": "MISS"}})
	}
	if a.last().header.Get("If-None-Match") == "" {
		a.errorf("the backend is asked without If-None-Match")
	}
}

func beyondChunks(a *attempt) {
	a.edge.record.answer(a.mark, say("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	a.check(a.ask(get("main.test", "/")), want{status: 200, body: "abc"})
	a.check(a.ask(get("main.test", "/", "Range: bytes=9-")), want{status: 416, reaches: 1, body: "416 Range Not Satisfiable\n",
		headers: map[string]string{"Content-Range": "bytes */3", "X-Cache": "HIT"}})
}

func headMiss(a *attempt) {
	a.edge.record.answer(a.mark, say(page(letters, "Cache-Control: max-age=60")))
	a.check(a.ask(ask("HEAD", "main.test", "/", "")), want{status: 200, reaches: 1, headers: map[string]string{"X-Cache": "MISS", "Content-Length": "26"}})
	if method := a.last().method; method != http.MethodHead {
		a.errorf("the backend is asked with %s", method)
	}
	a.check(a.ask(get("main.test", "/")), want{body: letters, reaches: 2, headers: map[string]string{"X-Cache": "MISS"}})
}

// sinceDate asks whether an answer has changed that does not say when it did:
// its Date counts (RFC 9111, 4.3.2).
func sinceDate(a *attempt) {
	const before, after = "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"
	a.edge.record.answer(a.mark, say(page("x", "Cache-Control: max-age=60")))
	a.check(a.ask(get("main.test", "/")), want{status: 200})
	a.check(a.ask(get("main.test", "/", before)), want{status: 200, body: "x", reaches: 1})
	got := a.ask(get("main.test", "/", after))
	a.check(got, want{status: 304, reaches: 1, headers: map[string]string{"Content-Type": "", "X-Cache": "HIT"}})
	if strings.Contains(got.body, "x") {
		a.errorf("a 304 with a body")
	}
}

// rangeTwice asks for a part of what may not be stored, from an app that knows
// no ranges.
func rangeTwice(a *attempt) {
	a.edge.record.answer(a.mark, say(page(letters)))
	for i := range 3 {
		a.check(a.ask(get("main.test", "/", "Range: bytes=1-2")), want{status: 206, body: "bc", reaches: i + 1,
			headers: map[string]string{"Content-Range": "bytes 1-2/26", "X-Cache": "MISS"}})
	}
}
