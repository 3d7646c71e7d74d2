package conformance

// methodCases are E3 where a route says which methods it takes.
func methodCases() []contractCase {
	dav := map[string]string{"Allow": "GET, HEAD, PROPFIND, LOCK, PURGE", "Content-Type": "text/plain; charset=utf-8", "X-Frame-Options": "DENY"}
	takes := func(method string, lines ...string) contractCase {
		return contractCase{clause: "E3", name: "a route that takes " + method, request: ask(method, "main.test", "/dav/x", "", lines...),
			want: want{status: 200, reaches: 1, headers: map[string]string{"X-Cache": "~MISS|PASS"}}}
	}
	refuses := func(method string, lines ...string) contractCase {
		return contractCase{clause: "E3", name: "a route that does not take " + method, request: ask(method, "main.test", "/dav/x", "", lines...),
			want: want{status: 405, headers: dav, reaches: never}}
	}
	return []contractCase{
		takes("GET"), takes("HEAD"), takes("PROPFIND", "Depth: 1"), takes("PURGE"), takes("LOCK"),
		refuses("POST", "Content-Length: 0"), refuses("OPTIONS"), refuses("MKCOL"), refuses("BREW"),
		{clause: "E3", name: "a method with a body", request: ask("PROPFIND", "main.test", "/dav", "<propfind/>", "Content-Length: 11"),
			want: want{status: 200, reaches: 1, sees: map[string]string{"Content-Length": "11"}}},
		{clause: "E3", name: "a method of another route of the site", request: ask("PROPFIND", "main.test", "/", ""),
			want: want{status: 405, headers: map[string]string{"Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}, reaches: never}},
		{clause: "E3", name: "a method of a route, for an alias", request: ask("PROPFIND", "www.main.test", "/dav", ""),
			want: want{status: 308, headers: map[string]string{"Location": "~^https://main.test(:[0-9]+)?/dav"}}},
		{clause: "E3", name: "a method of a route, on a plain listener", plain: true, request: ask("PROPFIND", "main.test", "/dav", ""), want: want{status: 308}},
		{clause: "E3", name: "a handshake where GET is not taken", request: handshake("main.test", "/posts"),
			want: want{status: 405, headers: map[string]string{"Allow": "POST"}, reaches: never}},
		{clause: "E1", name: "LOCK is not tried again", request: ask("LOCK", "main.test", "/dav", ""), answer: (*exchange).reset,
			want: want{status: 502, reaches: 1}},
		{clause: "E1", name: "PROPFIND is tried once more", request: ask("PROPFIND", "main.test", "/dav", ""), answer: inTurn((*exchange).reset, say(page("second"))),
			want: want{status: 200, body: "second", reaches: 2}},
		{clause: "K1", name: "a safe method of a route makes nothing invalid", run: keptBy("PROPFIND", "HIT")},
		{clause: "K1", name: "an unsafe method of a route makes invalid", run: keptBy("PURGE", "MISS")},
	}
}

// keptBy tells what is left of a stored answer after a method.
func keptBy(method, verdict string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, say(page("x", "Cache-Control: max-age=60")))
		a.check(a.ask(get("main.test", "/dav")), want{status: 200, headers: map[string]string{"X-Cache": "MISS"}})
		a.check(a.ask(ask(method, "main.test", "/dav", "")), want{status: 200, headers: map[string]string{"X-Cache": "PASS"}})
		a.check(a.ask(get("main.test", "/dav")), want{status: 200, headers: map[string]string{"X-Cache": verdict}})
	}
}
