package conformance

import "slices"

// leadCases are M3 and M4 where the path of a request says where it is led.
func leadCases() []contractCase { return slices.Concat(redirectedCases(), rewrittenCases()) }

func redirectedCases() []contractCase {
	to := func(name string, status int, target, location string) contractCase {
		return contractCase{clause: "M4", name: name, request: get("leads.test", target), want: want{status: status, reaches: never, headers: map[string]string{"Location": location}}}
	}
	return []contractCase{
		to("captures", 302, "/user/7/mail", "/users/7?tab=mail&case={case}#7"),
		to("captures, with a query", 302, "/user/7/mail?x=%20", "/users/7?tab=mail&x=%20&case={case}#7"),
		to("captures are encoded", 302, "/user/a%20b%3f/c%26d=e%23", "/users/a%20b%3F?tab=c%26d%3De%23&case={case}#a%20b%3F"),
		to("captures of no ASCII", 302, "/user/%c3%a4/%FF", "/users/%C3%A4?tab=%FF&case={case}#%C3%A4"),
		to("captures with line ends", 302, "/user/a%0d%0aSet-Cookie:%20x=y/b", "/users/a%3F%3FSet-Cookie:%20x%3Dy?tab=b&case={case}#a%3F%3FSet-Cookie:%20x%3Dy"),
		to("captures with quotes and braces", 302, "/user/%7b2%7d%22%24%5c/b", "/users/%7B2%7D%22%24%5C?tab=b&case={case}#%7B2%7D%22%24%5C"),
		to("a capture of nothing", 302, "/go", "/"),
		to("a capture that is a path", 302, "/go/a/b", "/a/b"),
		to("a capture that is a host", 302, "/go//evil.example/x", "/evil.example/x"),
		to("a capture that is a host, encoded", 302, "/go%2f%2Fevil.example", "/evil.example"),
		to("a capture that is a host behind a backslash", 302, "/go/%5Cevil.example", "/%5Cevil.example"),
		to("a capture that is a URL", 302, "/go/https://evil.example", "/https:/evil.example"),
		to("a capture in another host's path", 308, "/out/de/a", "https://example.com/de/a"),
		to("a capture that took no part", 308, "/OUT/a", "https://example.com//a"),
		to("a capture that looks like a user", 308, "/out/x@evil.example", "https://example.com//x@evil.example"),
		{clause: "M4", name: "a capture that climbs", request: get("leads.test", "/go/a/%2e%2e/b"), want: want{status: 404, reaches: never}},
		{clause: "M4", name: "captures, for POST", request: ask("POST", "leads.test", "/out/a", "", "Content-Length: 0"), want: want{status: 308, reaches: never}},
		to("path kept, nothing below", 302, "/moved", "/else/?a=b&case={case}#c"),
		to("path kept, a slash below", 302, "/moved/", "/else/?a=b&case={case}#c"),
		to("path kept", 302, "/moved/x/y?z", "/else/x/y?a=b&z&case={case}#c"),
		to("path kept as it was sent", 302, "/moved/x%2Fy%20%c3%a4:@", "/else/x%2Fy%20%c3%a4:@?a=b&case={case}#c"),
		to("path kept below an encoded one", 302, "/mo%76ed/x%2Fy%20%c3%a4", "/else/x/y%20%C3%A4?a=b&case={case}#c"),
		to("path kept, on another host", 302, "/moved/out/x", "https://example.com/x"),
		to("path kept, on another host, nothing below", 302, "/moved/out", "https://example.com"),
		to("path kept that is a host", 302, "/root//evil.example", "/evil.example"),
		to("path kept that is a host, encoded", 302, "/root/%2Fevil.example", "/%2Fevil.example"),
		to("path kept, nothing of it", 302, "/root", "/"),
	}
}

func rewrittenCases() []contractCase {
	sees := func(name, target, seen string) contractCase {
		return contractCase{clause: "M3", name: name, run: func(a *attempt) {
			a.check(a.ask(get("leads.test", target)), want{status: 200, reaches: 1, headers: map[string]string{"Location": ""}})
			a.compare("the target", a.last().target, seen)
		}}
	}
	return []contractCase{
		sees("a prefix for another", "/app/x?y=1", "/v2/x?y=1&case={case}"),
		sees("a prefix alone", "/app", "/v2?case={case}"),
		sees("a prefix and a slash", "/app/", "/v2/?case={case}"),
		sees("what is below goes on as it was sent", "/app/x%2Fy%20%c3%a4;a=b//c", "/v2/x%2Fy%20%c3%a4;a=b//c?case={case}"),
		sees("an encoded prefix", "/a%70p/x%2Fy?z", "/v2/x/y?z&case={case}"),
		sees("slashes before a prefix", "//app/x", "/v2/x?case={case}"),
		sees("a prefix that is taken off", "/bare/x", "/x?case={case}"),
		sees("a prefix that is taken off, alone", "/bare", "/?case={case}"),
		sees("a prefix that is taken off what is a host", "/bare//evil.example/x", "/evil.example/x?case={case}"),
		sees("a prefix that is put in front", "/added/x", "/v3/added/x?case={case}"),
		sees("captures", "/profile/7?x=%26", "/users?id=7&x=%26&case={case}"),
		sees("captures are encoded", "/profile/a%26b=c%20%0d", "/users?id=a%26b%3Dc%20%3F&case={case}"),
		sees("what no expression matches", "/profile/x/y", "/profile/x/y?case={case}"),
		{clause: "M3", name: "what climbs out of a prefix", request: get("leads.test", "/app/%2e%2e/x"), want: want{status: 404, reaches: never}},
		{clause: "M3", name: "what climbs out of a prefix, by an encoded slash", request: get("leads.test", "/app/..%2fx"), want: want{status: 404, reaches: never}},
		{clause: "M3", name: "files are looked for by the client's path", request: get("leads.test", "/bare/letters.txt"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "M3", name: "a body", run: func(a *attempt) {
			a.check(a.ask(ask("POST", "leads.test", "/added/x", "x=1", "Content-Length: 3")), want{status: 200, reaches: 1})
			a.compare("the target", a.last().target, "/v3/added/x?case={case}")
		}},
		{clause: "M3", name: "a second server is asked for the same", answer: inTurn((*exchange).reset, say(page("second"))), run: func(a *attempt) {
			a.check(a.ask(get("leads.test", "/again/x")), want{status: 200, body: "second", reaches: 2})
			a.compare("the target", a.last().target, "/x?case={case}")
		}},
		{clause: "M3", name: "an event stream", run: func(a *attempt) {
			a.check(a.ask(get("leads.test", "/app/x", "Accept: text/event-stream")), want{status: 200, reaches: 1})
			a.compare("the target", a.last().target, "/v2/x?case={case}")
		}},
		{clause: "M3", name: "a WebSocket", run: func(a *attempt) {
			c := a.open("leads.test")
			c.send(handshake("leads.test", "/app/ws"))
			a.check(c.read("GET"), want{bare: true, reaches: 1})
			a.compare("the target", a.last().target, "/v2/ws?case={case}")
		}},
		{clause: "M3", name: "the cache keeps to the client's URL", caches: true, run: func(a *attempt) {
			for _, verdict := range []string{"MISS", "HIT"} {
				a.check(a.ask(get("leads.test", "/app/stored")), want{status: 200, reaches: 1, headers: map[string]string{"X-Cache": verdict}})
			}
			a.check(a.ask(ask("POST", "leads.test", "/app/stored", "", "Content-Length: 0")), want{status: 200})
			a.check(a.ask(get("leads.test", "/app/stored")), want{status: 200, headers: map[string]string{"X-Cache": "MISS"}})
		}},
		{clause: "M3", name: "what a client says of its target", run: func(a *attempt) {
			a.check(a.ask(get("leads.test", "/app/x", "X-Edge-Target: /secret", "X-Edge-Route: other")), want{status: 200, reaches: 1, sees: map[string]string{"X-Edge-Target": "", "X-Edge-Route": ""}})
			a.compare("the target", a.last().target, "/v2/x?case={case}")
		}},
	}
}
