package conformance

import "strings"

// targetCases are requests whose target is no path (RFC 9112, 3.2).
func targetCases() []contractCase {
	location := func(value string) map[string]string { return map[string]string{"Location": value} }
	return []contractCase{
		target("an absolute target", "GET", "https://main.test/abs?x=1", "/abs?x=1"),
		target("an absolute target of the other scheme", "GET", "http://main.test/abs", "/abs"),
		target("an absolute target in capitals", "GET", "HTTPS://MAIN.test/Abs", "/Abs"),
		target("an absolute target with slashes", "GET", "https://main.test//a//b", "//a//b"),
		target("an absolute target with a URL in it", "GET", "https://main.test/to?u=https://b.test/", "/to?u=https://b.test/"),
		target("an absolute target without a path", "GET", "https://main.test?x", "/?x"),
		target("an absolute target without a path, of the other scheme", "GET", "http://main.test?x", "/?x"),
		target("an absolute target of a POST", "POST", "https://main.test/abs", "/abs"),
		{clause: "H3", name: "an absolute target's host counts", request: absolute("GET", "https://main.test/", "second.test"),
			want: want{status: 200, reaches: 1, body: "app app\n", sees: map[string]string{"Host": "main.test", "X-Forwarded-Host": "main.test"}}},
		{clause: "H3", name: "an absolute target's host that no site claims", request: absolute("GET", "https://unknown.test/", "main.test"),
			want: want{status: 421, reaches: never}},
		{clause: "H2", name: "an absolute target's alias", request: absolute("GET", "https://www.main.test/a", "main.test"),
			want: want{status: 301, headers: location("https://main.test:{https}/a?case={case}"), reaches: never}},
		{clause: "H1", name: "an absolute target on http", plain: true, request: absolute("GET", "http://main.test/a", "main.test"),
			want: want{status: 301, headers: location("https://main.test:{https}/a?case={case}"), reaches: never}},
		{clause: "H1", name: "an absolute target's host on http", plain: true, request: absolute("GET", "http://files.test:80/a", "main.test"),
			want: want{status: 301, headers: location("https://files.test:{https}/a?case={case}"), reaches: never}},
		{clause: "H1", name: "an absolute target without a path on http", plain: true, request: absolute("GET", "http://main.test", "main.test"),
			want: want{status: 301, headers: location("https://main.test:{https}/?case={case}"), reaches: never}},
		{clause: "E4", name: "an absolute target of another scheme", request: absolute("GET", "ftp://main.test/", "main.test"), want: want{status: 400, reaches: never, closes: true}},
		{clause: "E4", name: "an absolute target with a user", request: absolute("GET", "https://user@main.test/", "main.test"), want: want{status: 400, reaches: never, closes: true}},
		{clause: "E4", name: "an absolute target without a host", request: absolute("GET", "https:///a", "main.test"), want: want{status: 400, reaches: never, closes: true}},
		{clause: "E4", name: "an absolute target and no Host", request: "GET https://main.test/?case={case} HTTP/1.1\r\n\r\n", want: want{status: 400, bare: true, reaches: never, closes: true}},
		{clause: "E4", name: "an absolute target of the other scheme and no Host", request: "GET http://main.test/?case={case} HTTP/1.1\r\n\r\n",
			want: want{status: 400, bare: true, reaches: never}, differs: "varnish-host-of-target", observed: "^status 200, want 400"},
		{clause: "E3", name: "what the server can do", request: "OPTIONS * HTTP/1.1\r\nHost: main.test\r\n\r\n",
			want:    want{status: 204, headers: map[string]string{"Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Content-Type": ""}, body: "~^$", reaches: never},
			differs: unread, observed: "status 400, want 204"},
		{clause: "E3", name: "what the server can do, on http", plain: true, request: "OPTIONS * HTTP/1.1\r\nHost: main.test\r\n\r\n", want: want{status: 204, reaches: never},
			differs: "nginx-star", observed: "^status 400, want 204"},
		{clause: "E4", name: "a star of another method", request: "GET * HTTP/1.1\r\nHost: main.test\r\n\r\n", want: want{status: 400, reaches: never, closes: true}},
	}
}

// absolute is a request with such a target, and a Host beside it.
func absolute(method, target, host string) string {
	joint := "?"
	if strings.Contains(target, "?") {
		joint = "&"
	}
	return method + " " + target + joint + "case={case} HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n\r\n"
}

// target holds that an app of main.test is asked for what an absolute target names.
func target(name, method, sent, asked string) contractCase {
	return contractCase{clause: "F1", name: name, run: func(a *attempt) {
		a.check(a.ask(absolute(method, sent, "main.test")), want{status: 200, reaches: 1})
		joint := "?"
		if strings.Contains(asked, "?") {
			joint = "&"
		}
		a.compare("target", a.last().target, asked+joint+"case={case}")
	}}
}
