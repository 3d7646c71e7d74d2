package conformance

import (
	"sync"
	"sync/atomic"
	"time"
)

// cacheCases are K1 to K3 and K5: what is stored, for whom, and under which name.
func cacheCases() []contractCase {
	const fresh = "Cache-Control: max-age=60"
	stored := func(name, target string, lines ...string) contractCase {
		return contractCase{clause: "K1", name: name, run: twice(get("main.test", target), get("main.test", target), "HIT", page("x", lines...))}
	}
	// The other site serves nothing stale, whatever it has stored.
	notFresh := func(name, target string, lines ...string) contractCase {
		return contractCase{clause: "K1", name: name, run: twice(get("second.test", target), get("second.test", target), "~MISS|PASS", page("x", lines...))}
	}
	notStored := func(name, target string, lines ...string) contractCase {
		return contractCase{clause: "K1", name: name, run: twice(get("main.test", target), get("main.test", target), "~MISS|PASS", page("x", lines...))}
	}
	pair := func(clause, name, first, second, cache string, lines ...string) contractCase {
		return contractCase{clause: clause, name: name, run: twice(first, second, cache, page("x", lines...))}
	}
	return []contractCase{
		stored("max-age", "/", fresh),
		stored("s-maxage", "/", "Cache-Control: s-maxage=60"),
		stored("s-maxage over max-age", "/", "Cache-Control: max-age=0, s-maxage=60"),
		stored("Expires", "/", "Expires: Tue, 19 Jan 2038 03:14:07 GMT"),
		stored("a route's ttl", "/ttl"),
		stored("in capitals", "/", "CACHE-CONTROL: MAX-AGE=60"),
		notStored("nothing explicit", "/"),
		notStored("Last-Modified alone", "/", "Last-Modified: Thu, 29 Feb 2024 12:00:00 GMT"),
		notStored("no-store", "/", "Cache-Control: no-store, max-age=60"),
		notStored("private", "/", "Cache-Control: private, max-age=60"),
		notStored("no-cache", "/", "Cache-Control: no-cache, max-age=60"),
		notStored("max-age=0", "/", "Cache-Control: max-age=0"),
		notStored("s-maxage=0 over max-age", "/", "Cache-Control: max-age=60, s-maxage=0"),
		notStored("Expires in the past", "/", "Expires: Thu, 01 Jan 2015 00:00:00 GMT"),
		notStored("Expires: 0", "/", "Expires: 0"),
		notStored("Set-Cookie", "/", fresh, "Set-Cookie: a=1"),
		notStored("Set-Cookie with a ttl", "/ttl", "Set-Cookie: a=1"),
		notStored("no-store with a ttl", "/ttl", "Cache-Control: no-store"),
		notStored("private with a ttl", "/ttl", "Cache-Control: private"),
		notStored("max-age=0 with a ttl", "/ttl", "Cache-Control: max-age=0"),
		notStored("Expires: 0 with a ttl", "/ttl", "Expires: 0"),
		notStored("Vary: *", "/", fresh, "Vary: *"),
		notStored("private in a second line", "/", fresh, "Cache-Control: private"),
		notStored("Vary: * in a second line", "/", fresh, "Vary: X-Kind", "Vary: *"),
		{clause: "K1", name: "500 is not stored by a ttl", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "~MISS|PASS", pageOf("500 Oops", "x"))},
		{clause: "K1", name: "302 is not stored by a ttl", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "~MISS|PASS", pageOf("302 Found", "", "Location: /"))},
		{clause: "K1", name: "404 is stored by a ttl", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "HIT", pageOf("404 Not Found", "x"))},
		pair("K1", "heuristic freshness", get("partial.test", "/only"), get("partial.test", "/only"), "HIT", "Last-Modified: Thu, 29 Feb 2024 12:00:00 GMT"),
		pair("K1", "heuristic freshness, no Last-Modified", get("partial.test", "/only"), get("partial.test", "/only"), "~MISS|PASS", `ETag: "v1"`),
		pair("K1", "heuristic freshness, max-age goes before", get("partial.test", "/only"), get("partial.test", "/only"), "~MISS|PASS", "Cache-Control: max-age=0", "Last-Modified: Thu, 29 Feb 2024 12:00:00 GMT"),
		{clause: "K1", name: "heuristic freshness, not of a 403", run: twice(get("partial.test", "/only"), get("partial.test", "/only"), "~MISS|PASS",
			pageOf("403 No", "x", "Last-Modified: Thu, 29 Feb 2024 12:00:00 GMT"))},
		{clause: "K1", name: "a 503 with max-age", run: twice(get("main.test", "/"), get("main.test", "/"), "~MISS|PASS", pageOf("503 Down", "x", fresh))},
		{clause: "K1", name: "a 503 with max-age where a ttl is", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "HIT", pageOf("503 Down", "x", fresh))},
		{clause: "K1", name: "a 403 with s-maxage", run: twice(get("main.test", "/"), get("main.test", "/"), "~MISS|PASS", pageOf("403 No", "x", "Cache-Control: s-maxage=60"))},
		{clause: "K1", name: "a 401 with max-age where a ttl is", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "HIT", pageOf("401 Who", "x", fresh))},
		{clause: "K1", name: "a 429 is not stored", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "~MISS|PASS", pageOf("429 Slow", "x", fresh))},
		{clause: "K1", name: "a 201 with max-age", run: twice(get("main.test", "/"), get("main.test", "/"), "HIT", pageOf("201 Made", "x", fresh))},
		{clause: "K1", name: "a 308 with Expires", run: twice(get("main.test", "/"), get("main.test", "/"), "HIT", pageOf("308 Moved", "", "Location: /", "Expires: Tue, 19 Jan 2038 03:14:07 GMT"))},
		{clause: "K1", name: "a 418 with max-age", run: twice(get("main.test", "/"), get("main.test", "/"), "HIT", pageOf("418 Teapot", "x", fresh))},
		{clause: "K1", name: "an unknown status that is to be understood", run: twice(get("main.test", "/"), get("main.test", "/"), "~MISS|PASS", pageOf("299 Odd", "x", "Cache-Control: max-age=60, must-understand"))},
		{clause: "K1", name: "404 with max-age", run: twice(get("main.test", "/"), get("main.test", "/"), "HIT", pageOf("404 Not Found", "x", fresh))},
		{clause: "K1", name: "301 with max-age", run: twice(get("main.test", "/"), get("main.test", "/"), "HIT", pageOf("301 Moved", "", "Location: /", fresh))},
		pair("K1", "Authorization", get("main.test", "/", "Authorization: Basic eDp5"), get("main.test", "/", "Authorization: Basic eDp5"), "~MISS|PASS", fresh),
		pair("K1", "Authorization after a stored answer", get("main.test", "/"), get("main.test", "/", "Authorization: Basic eDp5"), "~MISS|PASS", fresh),
		pair("K1", "Authorization and public", get("main.test", "/", "Authorization: Basic eDp5"), get("main.test", "/", "Authorization: Basic enp6"), "HIT", "Cache-Control: public, max-age=60"),
		pair("K1", "Authorization and s-maxage", get("main.test", "/", "Authorization: Basic eDp5"), get("main.test", "/"), "HIT", "Cache-Control: s-maxage=60"),
		pair("K1", "HEAD from a stored GET", get("main.test", "/ttl"), ask("HEAD", "main.test", "/ttl", ""), "HIT"),
		pair("K1", "POST is not answered from the cache", get("main.test", "/ttl"), ask("POST", "main.test", "/ttl", "", "Content-Length: 0"), "PASS"),
		pair("K1", "another query", get("main.test", "/ttl?a=1"), get("main.test", "/ttl?a=2"), "MISS"),
		pair("K1", "another host", get("main.test", "/ttl"), get("second.test", "/ttl"), "MISS"),
		pair("K1", "the host in another case", get("main.test", "/ttl"), get("MAIN.test", "/ttl"), "HIT"),
		pair("K1", "another port, which an app may write into its answer", get("main.test", "/ttl"), get("main.test:1", "/ttl"), "MISS"),
		pair("K1", "Vary, another value", get("main.test", "/", "X-Kind: a"), get("main.test", "/", "X-Kind: b"), "MISS", fresh, "Vary: X-Kind"),
		pair("K1", "Vary, the same value", get("main.test", "/", "X-Kind: a"), get("main.test", "/", "X-Kind: a"), "HIT", fresh, "Vary: X-Kind"),
		{clause: "K1", name: "Vary, another spelling", run: twice(get("main.test", "/", "X-Kind: a, b"), get("main.test", "/", "X-Kind: a", "X-Kind:   b"), "HIT", page("x", fresh, "Vary: X-Kind")),
			differs: "varnish-vary-spelling", observed: `X-Cache is "MISS"`},
		{clause: "K1", name: "what has to be asked about each time", run: askedAbout, differs: "varnish-asked-about", observed: "without If-None-Match"},
		{clause: "S2", name: "a range beyond a stored answer that came in chunks", caches: true, run: beyondChunks, differs: "varnish-wordless-416", observed: `body is ""`},
		pair("K1", "a range of a stored whole", get("main.test", "/ttl"), get("main.test", "/ttl", "Range: bytes=0-0"), "HIT"),
		{clause: "K1", name: "a range that misses fetches the whole", run: rangeMiss},
		{clause: "K1", name: "a HEAD has no range", run: rangeOfHead},
		{clause: "K1", name: "Age", run: age},
		{clause: "K1", name: "an upstream Age counts", run: twice(get("main.test", "/"), get("main.test", "/"), "~MISS|PASS", page("x", "Cache-Control: max-age=60", "Age: 61"))},
		notFresh("an Age in words", "/", fresh, "Age: abc"),
		notFresh("a negative Age", "/", fresh, "Age: -7200"),
		notFresh("an Age with a fraction", "/", fresh, "Age: 1.5"),
		notFresh("two Ages", "/", fresh, "Age: 0, 7"),
		notFresh("two lines of Age", "/", fresh, "Age: 0", "Age: 0"),
		notFresh("an Age with a parameter", "/", fresh, "Age: 7;a"),
		notFresh("an Age in words with a ttl", "/ttl/age", "Age: abc"),
		notFresh("a Date long past", "/", fresh, "Date: Mon, 01 Jan 2024 00:00:00 GMT"),
		stored("an old Date with a ttl", "/ttl", "Date: Mon, 01 Jan 2024 00:00:00 GMT"),
		stored("quoted seconds", "/", `Cache-Control: max-age="60"`),
		notStored("a directive within another's quotes", "/", `Cache-Control: x="a, max-age=60"`),
		notStored("the first of two", "/", "Cache-Control: max-age=0, max-age=60"),
		notStored("no seconds", "/", "Cache-Control: max-age=60s"),
		stored("a day that begins with zeros", "/", "Cache-Control: max-age=0086400"),
		pair("K1", "a coding for one who takes none", get("main.test", "/", "Accept-Encoding: br"), get("main.test", "/"), "MISS", fresh, "Content-Encoding: br"),
		pair("K1", "a coding for another who takes it", get("main.test", "/", "Accept-Encoding: br"), get("main.test", "/", "Accept-Encoding: gzip;q=0, br"), "HIT", fresh, "Content-Encoding: br"),
		pair("K1", "a coding that no app is asked for", get("main.test", "/", "Accept-Encoding: zstd"), get("main.test", "/"), "MISS", fresh, "Content-Encoding: zstd"),
		pair("K1", "a coding upon a coding", get("main.test", "/", "Accept-Encoding: gzip"), get("main.test", "/", "Accept-Encoding: gzip"), "MISS", fresh, "Content-Encoding: gzip, deflate"),
		pair("K1", "a coding in two lines", get("main.test", "/", "Accept-Encoding: gzip"), get("main.test", "/", "Accept-Encoding: gzip"), "MISS", fresh, "Content-Encoding: gzip", "Content-Encoding: zstd"),
		pair("K1", "a coding that says there is none", get("main.test", "/"), get("main.test", "/"), "HIT", fresh, "Content-Encoding: identity"),
		{clause: "K1", name: "a coding that varies by something else too", run: codingVaries},
		{clause: "K1", name: "what an answer names as changed is made invalid", run: alsoInvalid},
		{clause: "K1", name: "a confirmation of another answer", run: otherConfirmed},
		{clause: "K1", name: "HEAD that misses asks with HEAD", run: headMiss},
		{clause: "K1", name: "If-Modified-Since without Last-Modified", run: sinceDate},
		{clause: "K1", name: "a range of what is not stored, twice", run: rangeTwice},
		{clause: "K1", name: "a stored answer's validators", run: storedValidators},
		{clause: "K1", name: "an unsafe method makes it invalid", run: invalidated(ask("POST", "main.test", "/ttl", "", "Content-Length: 0"), page("done"), "MISS")},
		{clause: "K1", name: "DELETE too", run: invalidated(ask("DELETE", "main.test", "/ttl", ""), "HTTP/1.1 204 No Content\r\n\r\n", "MISS")},
		{clause: "K1", name: "one that fails does not", run: invalidated(ask("POST", "main.test", "/ttl", "", "Content-Length: 0"), pageOf("500 Oops", "x"), "HIT")},
		{clause: "K1", name: "OPTIONS does not", run: invalidated(ask("OPTIONS", "main.test", "/ttl", ""), page("x"), "HIT")},
		{clause: "K1", name: "Cache-Control: no-store of a request", run: twice(get("main.test", "/ttl", "Cache-Control: no-store"), get("main.test", "/ttl"), "~MISS", page("x"))},

		pair("K2", "a cookie is not stored for", get("main.test", "/ttl", "Cookie: session=1"), get("main.test", "/ttl"), "MISS"),
		pair("K2", "a cookie is not answered from the cache", get("main.test", "/ttl"), get("main.test", "/ttl", "Cookie: session=1"), "PASS"),
		pair("K2", "ignored cookies", get("main.test", "/ttl", "Cookie: _ga=1"), get("main.test", "/ttl", "Cookie: theme=dark; _ga_X1=2"), "HIT"),
		pair("K2", "an ignored and another", get("main.test", "/ttl"), get("main.test", "/ttl", "Cookie: _ga=1; session=1"), "PASS"),
		pair("K2", "another that begins like an ignored one", get("main.test", "/ttl"), get("main.test", "/ttl", "Cookie: themes=1"), "PASS"),
		pair("K2", "an ignored one's value with another's name", get("main.test", "/ttl"), get("main.test", "/ttl", "Cookie: theme=session=1"), "HIT"),
		pair("K2", "in a second line", get("main.test", "/ttl"), get("main.test", "/ttl", "Cookie: _ga=1", "Cookie: session=1"), "PASS"),
		pair("K2", "an empty cookie", get("main.test", "/ttl"), get("main.test", "/ttl", "Cookie:"), "HIT"),
		{clause: "K2", name: "the backend sees the cookie", request: get("main.test", "/ttl", "Cookie: session=1"), want: want{sees: map[string]string{"Cookie": "session=1"}}},

		{clause: "K3", name: "concurrent misses cost one fetch", run: concurrent},
		{clause: "K3", name: "what is not stored all ask for at once", run: together},

		pair("K7", "ignored parameters", get("main.test", "/ttl?a=1&utm_source=x&b=2&fbclid=y"), get("main.test", "/ttl?utm_medium=z&utm_&a=1&b=2"), "HIT"),
		{clause: "K7", name: "nothing is left of a query", run: nothingLeft},
		pair("K7", "others keep their order", get("main.test", "/ttl?a=1&utm_x=1&b=2"), get("main.test", "/ttl?b=2&a=1"), "MISS"),
		pair("K7", "names are whole", get("main.test", "/ttl?xutm_a=1"), get("main.test", "/ttl?fbclids=1"), "MISS"),
		pair("K7", "values are no names", get("main.test", "/ttl?a=utm_x?utm_y=1"), get("main.test", "/ttl?a=utm_x?utm_y=2"), "MISS"),
		pair("K7", "the path is no query", get("main.test", "/ttl/a&utm_x=1"), get("main.test", "/ttl/a&utm_x=2"), "MISS"),
		pair("K7", "a name with characters of an expression", get("main.test", "/ttl?a.b[]=1"), get("main.test", "/ttl?a.b[]=2&a.b[]"), "HIT"),
		pair("K7", "a name that only an expression would take", get("main.test", "/ttl?aXb[]=1"), get("main.test", "/ttl?aXb[]=2"), "MISS"),
		pair("K7", "a name with a wildcard in front", get("main.test", "/ttl?sort_by=a"), get("main.test", "/ttl?_by=b"), "HIT"),
		pair("K7", "empty parameters stay", get("main.test", "/ttl?&utm_a=1&"), get("main.test", "/ttl?&"), "HIT"),
		pair("K7", "no name is none of them", get("main.test", "/ttl?=1"), get("main.test", "/ttl?=2"), "MISS"),
		{clause: "K7", name: "the app sees all of them", run: seesAll},
		{clause: "K7", name: "redirects keep them", request: get("www.main.test", "/ttl?utm_x=1"), tls: true, want: want{status: 301, headers: map[string]string{"Location": "~utm_x=1&case="}}},
		{clause: "K7", name: "an unsafe method with other ones makes it invalid", run: invalidated(ask("POST", "main.test", "/ttl?utm_y=2", "", "Content-Length: 0"), page("done"), "MISS")},

		{clause: "K5", name: "a HIT says so", run: twice(get("main.test", "/ttl"), get("main.test", "/ttl"), "HIT", page("x"))},
		{clause: "K5", name: "an app's own word is replaced", request: get("main.test", "/"), answer: say(page("x", "X-Cache: HIT")), want: want{headers: map[string]string{"X-Cache": "~^(MISS|PASS)$"}}},
		{clause: "K5", name: "a handshake's answer", request: handshake("main.test", "/ws"), answer: refuse(),
			want: want{status: 403}, differs: "varnish-piped-answer", observed: `X-Cache is ""`},
		{clause: "K5", name: "response rules of a handshake's answer", request: handshake("main.test", "/ws"), answer: refuse(),
			want: want{bare: true, headers: map[string]string{"X-Frame-Options": "DENY"}}, differs: "varnish-piped-answer", observed: "X-Frame-Options is"},
	}
}

// twice asks two things with the same answer; the second comes from where
// cache says.
func twice(first, second, cache, answer string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, say(answer))
		a.check(a.ask(first), want{})
		got := a.ask(second)
		a.check(got, want{headers: map[string]string{"X-Cache": cache}})
		reached, hit := len(a.seen()), got.header.Get("X-Cache") == "HIT"
		if hit && reached != 1 || !hit && reached != 2 {
			a.errorf("X-Cache %s, and %d requests reached the backend", got.header.Get("X-Cache"), reached)
		}
	}
}

// nothingLeft has the mark in the path alone.
func nothingLeft(a *attempt) {
	a.edge.record.answer(a.mark, say(page("x")))
	bare := func(query string) string {
		return "GET /ttl/{case}" + query + " HTTP/1.1\r\nHost: main.test\r\n\r\n"
	}
	a.check(a.ask(bare("?utm_a=1&fbclid=2")), want{headers: map[string]string{"X-Cache": "MISS"}})
	for query, cache := range map[string]string{"": "HIT", "?utm_b": "HIT", "?": "MISS"} {
		a.check(a.ask(bare(query)), want{headers: map[string]string{"X-Cache": cache}})
	}
}

func seesAll(a *attempt) {
	a.check(a.ask(get("main.test", "/ttl?utm_x=1&a=2")), want{status: 200})
	a.compare("the target at the backend", a.last().target, "/ttl?utm_x=1&a=2&case={case}")
}

func rangeMiss(a *attempt) {
	a.edge.record.answer(a.mark, say(page(letters, "Cache-Control: max-age=60")))
	a.check(a.ask(get("main.test", "/", "Range: bytes=1-2")), want{status: 206, body: "bc", reaches: 1, sees: map[string]string{"Range": ""}})
	a.check(a.ask(get("main.test", "/")), want{status: 200, body: letters, reaches: 1})
}

// rangeOfHead: a range is for GET (RFC 9110, 14.2), and the connection goes on.
func rangeOfHead(a *attempt) {
	a.edge.record.answer(a.mark, say(page(letters, "Cache-Control: max-age=60")))
	c := a.open("main.test")
	whole := want{status: 200, headers: map[string]string{"Content-Length": "26", "Content-Range": ""}}
	for range 2 { // it misses, and then the whole is stored
		c.send(ask("HEAD", "main.test", "/", "", "Range: bytes=1-2") + get("main.test", "/"))
		a.check(c.read("HEAD"), whole)
		a.check(c.read("GET"), want{status: 200, body: letters})
	}
}

func age(a *attempt) {
	a.edge.record.answer(a.mark, say(page("x", "Cache-Control: max-age=60", "Age: 20")))
	a.check(a.ask(get("main.test", "/")), want{status: 200})
	a.check(a.ask(get("main.test", "/")), want{status: 200, headers: map[string]string{"Age": "~^2[0-3]$", "X-Cache": "HIT"}})
}

func storedValidators(a *attempt) {
	a.edge.record.answer(a.mark, say(page("x", "Cache-Control: max-age=60", `ETag: "v1"`, "Last-Modified: Thu, 29 Feb 2024 12:00:00 GMT")))
	a.check(a.ask(get("main.test", "/")), want{status: 200})
	a.check(a.ask(get("main.test", "/", `If-None-Match: "v1"`)), want{status: 304, reaches: 1, headers: map[string]string{"ETag": `"v1"`, "X-Cache": "HIT"}})
	a.check(a.ask(get("main.test", "/", `If-None-Match: "v2"`)), want{status: 200, reaches: 1})
	a.check(a.ask(get("main.test", "/", "If-Modified-Since: Thu, 29 Feb 2024 12:00:00 GMT")), want{status: 304, reaches: 1})
}

func invalidated(unsafe, answer, after string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, inTurn(say(page("old")), say(answer), say(page("new"))))
		a.check(a.ask(get("main.test", "/ttl")), want{body: "old"})
		a.check(a.ask(unsafe), want{})
		a.check(a.ask(get("main.test", "/ttl")), want{headers: map[string]string{"X-Cache": after}})
	}
}

// together: what is not stored all ask for at once, as soon as that is known.
func together(a *attempt) {
	const more = 4
	var asked atomic.Int32
	all := make(chan struct{})
	a.edge.record.answer(a.mark, func(x *exchange) {
		switch asked.Add(1) {
		case 1:
		case 1 + more:
			close(all)
		default:
			select {
			case <-all:
			case <-time.After(patience):
				x.write("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
				return
			}
		}
		x.write(page("x", "Cache-Control: no-store"))
	})
	a.check(a.ask(get("main.test", "/")), want{status: 200, body: "x"})
	var clients []*client
	for range more {
		clients = append(clients, a.open("main.test"))
	}
	for _, c := range clients {
		c.send(get("main.test", "/"))
	}
	for _, c := range clients {
		a.check(c.read("GET"), want{status: 200, body: "x", reaches: 1 + more})
	}
}

func concurrent(a *attempt) {
	gate := make(chan struct{})
	a.edge.record.answer(a.mark, func(x *exchange) {
		select {
		case <-gate:
		case <-time.After(patience):
		}
		x.write(page("x", "Cache-Control: max-age=60"))
	})
	var clients []*client
	for range 40 { // within timeouts.header, on a busy machine too
		clients = append(clients, a.open("main.test"))
	}
	// Only now, because the app is asked from here on and has first_byte to answer.
	for _, c := range clients {
		c.send(get("main.test", "/"))
	}
	deadline := time.Now().Add(patience)
	for len(a.seen()) == 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	var release sync.Once
	timer := time.AfterFunc(200*time.Millisecond, func() { release.Do(func() { close(gate) }) }) // the others have come by then
	defer timer.Stop()
	for _, c := range clients {
		a.check(c.read("GET"), want{status: 200, body: "x", reaches: 1})
	}
}
