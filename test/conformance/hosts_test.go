package conformance

// hostCases are H1 to H3: which site a request is for.
func hostCases() []contractCase {
	location := func(value string) map[string]string { return map[string]string{"Location": value} }
	allowAll := map[string]string{"Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}
	return []contractCase{
		{clause: "H1", name: "GET on http", plain: true, request: get("main.test", "/a/b?c=d"),
			want: want{status: 301, headers: location("https://main.test:{https}/a/b?c=d&case={case}"), reaches: never}},
		{clause: "H1", name: "HEAD on http", plain: true, request: ask("HEAD", "main.test", "/", ""),
			want: want{status: 301, headers: location("https://main.test:{https}/?case={case}"), reaches: never}},
		{clause: "H1", name: "POST on http", plain: true, request: ask("POST", "main.test", "/form", "x=1", "Content-Length: 3"),
			want: want{status: 308, headers: location("https://main.test:{https}/form?case={case}"), reaches: never}},
		{clause: "H1", name: "DELETE on http", plain: true, request: ask("DELETE", "main.test", "/thing", ""),
			want: want{status: 308, headers: location("https://main.test:{https}/thing?case={case}"), reaches: never}},
		{clause: "H1", name: "OPTIONS on http", plain: true, request: ask("OPTIONS", "main.test", "/", ""),
			want: want{status: 308, reaches: never}},
		{clause: "H1", name: "alias on http goes straight to the canonical host", plain: true, request: get("www.main.test", "/x"),
			want: want{status: 301, headers: location("https://main.test:{https}/x?case={case}"), reaches: never}},
		{clause: "H1", name: "port of the request is dropped", plain: true, request: get("main.test:8080", "/"),
			want: want{status: 301, headers: location("https://main.test:{https}/?case={case}"), reaches: never}},
		{clause: "H1", name: "case and trailing dot", plain: true, request: get("WWW.Main.TEST.:80", "/"),
			want: want{status: 301, headers: location("https://main.test:{https}/?case={case}"), reaches: never}},
		{clause: "H1", name: "percent-encoding is kept", plain: true, request: get("main.test", "/a%20b/%2F/%c3%a4?q=%26&r=a+b"),
			want: want{status: 301, headers: location("https://main.test:{https}/a%20b/%2F/%c3%a4?q=%26&r=a+b&case={case}"), reaches: never}},
		{clause: "H1", name: "slashes at the front stay a path", plain: true, request: get("main.test", "//evil.test/x"),
			want: want{status: 301, headers: location("https://main.test:{https}//evil.test/x?case={case}"), reaches: never}},
		{clause: "H1", name: "a handshake on http is redirected too", plain: true, request: handshake("main.test", "/ws"),
			want: want{status: 301, reaches: never}},
		{clause: "H1", name: "a site that is an IP address", plain: true, request: get("127.0.0.1:8080", "/"),
			want: want{status: 301, headers: location("https://127.0.0.1:{https}/?case={case}"), reaches: never}},
		{clause: "H1", name: "connection stays open", plain: true, run: plainTwice},
		{clause: "H1", name: "HTTP/1.0 without Host", plain: true, request: "GET /?case={case} HTTP/1.0\r\n\r\n",
			want: want{reaches: never, closes: true}},

		{clause: "H2", name: "alias on https", request: get("www.main.test", "/a?b"),
			want: want{status: 301, headers: location("https://main.test:{https}/a?b&case={case}"), reaches: never}},
		{clause: "H2", name: "second alias", request: get("old.main.test", "/"),
			want: want{status: 301, headers: location("https://main.test:{https}/?case={case}"), reaches: never}},
		{clause: "H2", name: "POST", request: ask("POST", "www.main.test", "/", "x=1", "Content-Length: 3"),
			want: want{status: 308, headers: location("https://main.test:{https}/?case={case}"), reaches: never}},
		{clause: "H2", name: "handshake", request: handshake("www.main.test", "/ws"),
			want: want{status: 301, reaches: never}},
		{clause: "H2", name: "case and trailing dot", request: get("Old.MAIN.test.", "/"),
			want: want{status: 301, headers: location("https://main.test:{https}/?case={case}"), reaches: never}},
		{clause: "H2", name: "canonical with its port is no alias", request: get("main.test:{https}", "/"),
			want: want{status: 200, reaches: 1, sees: map[string]string{"Host": "main.test:{https}"}}},
		{clause: "H2", name: "canonical in upper case with a dot is no alias", request: get("MAIN.test.", "/"),
			want: want{status: 200, reaches: 1, sees: map[string]string{"Host": "MAIN.test."}}},

		{clause: "H3", name: "unknown host on https", request: get("unknown.test", "/"),
			want: want{status: 421, body: "421 Misdirected Request\n", reaches: never}},
		{clause: "H3", name: "unknown host on http", plain: true, request: get("unknown.test", "/"),
			want: want{status: 421, body: "421 Misdirected Request\n", reaches: never}},
		{clause: "H3", name: "a host below a site's", request: get("sub.main.test", "/"), want: want{status: 421, reaches: never}},
		{clause: "H3", name: "a host above a site's", request: get("test", "/"), want: want{status: 421, reaches: never}},
		{clause: "H3", name: "a host that begins as a site's", request: get("main.test.evil", "/"), want: want{status: 421, reaches: never}},
		{clause: "H3", name: "a host that ends as a site's", request: get("evilmain.test", "/"), want: want{status: 421, reaches: never}},
		{clause: "H3", name: "the name of the tiers' own server", request: get("edge", "/.edgegen/404"), want: want{status: 421, reaches: never}},
		{clause: "H3", name: "the path of the tiers' own pages on http", plain: true, request: get("unknown.test", "/.edgegen/404"),
			want: want{status: 421, reaches: never}},
		{clause: "H1", name: "the path of the tiers' own pages on http is a path", plain: true, request: get("main.test", "/.edgegen/404"),
			want: want{status: 301, headers: map[string]string{"Location": "https://main.test:{https}/.edgegen/404?case={case}"}}},
		{clause: "H1", name: "the same without a query", plain: true, request: "GET /.edgegen/503 HTTP/1.1\r\nHost: main.test\r\n\r\n",
			want: want{status: 301, headers: map[string]string{"Location": "https://main.test:{https}/.edgegen/503"}}},
		{clause: "H1", name: "with the mark of the tiers", plain: true, request: get("main.test", "/x", "X-Edge-Words: 404"), want: want{status: 301}},
		{clause: "H1", name: "another inner path on http", plain: true, request: "GET /.edgegen-error HTTP/1.1\r\nHost: main.test\r\n\r\n",
			want: want{status: 301, headers: map[string]string{"Location": "https://main.test:{https}/.edgegen-error"}}},
		{clause: "H3", name: "an inner path on http of no site", plain: true, request: "GET /.edgegen-error HTTP/1.1\r\nHost: unknown.test\r\n\r\n",
			want: want{status: 421, body: "421 Misdirected Request\n"}},
		{clause: "H1", name: "an inner path on http, climbing", plain: true, request: "GET /a/../../error HTTP/1.1\r\nHost: main.test\r\n\r\n", want: want{body: "~^[0-9]{3} [A-Z][^<]*\n$"}},
		{clause: "F1", name: "an inner path on https is the app's", request: get("main.test", "/.edgegen/404", "X-Edge-Words: 404"),
			want: want{status: 200, reaches: 1, sees: map[string]string{"X-Edge-Words": ""}}},
		{clause: "H3", name: "another IP address", request: get("127.0.0.2", "/"), want: want{status: 421, reaches: never}},
		{clause: "H3", name: "an empty host", request: get("", "/"), want: want{status: 400, reaches: never}},
		{clause: "H3", name: "the Host counts, not the server name", run: func(a *attempt) {
			c := a.open("main.test")
			c.send(get("second.test", "/"))
			a.check(c.read("GET"), want{status: 200, body: "app other\n", reaches: 1})
		}},
		{clause: "H3", name: "each site has its own apps", request: get("second.test", "/"),
			want: want{status: 200, body: "app other\n", reaches: 1, sees: map[string]string{"Host": "second.test"}}},
		{clause: "H3", name: "a site that is an IP address", request: get("127.0.0.1:{https}", "/"),
			want: want{status: 200, body: "app other\n", reaches: 1}},
		{clause: "H3", name: "no Host in HTTP/1.1", request: "GET /?case={case} HTTP/1.1\r\n\r\n",
			want: want{status: 400, reaches: never, bare: true}},
		{clause: "H3", name: "two Hosts", request: get("main.test", "/", "Host: second.test"),
			want: want{status: 400, reaches: never, bare: true, closes: true}},
		{clause: "E3", name: "unknown method on http", plain: true, request: ask("BREW", "main.test", "/", ""),
			want: want{status: 405, headers: allowAll, reaches: never}},
		{clause: "E3", name: "TRACE on http", plain: true, request: ask("TRACE", "main.test", "/", ""),
			want: want{status: 405, headers: allowAll, reaches: never}},
	}
}

func plainTwice(a *attempt) {
	c := a.openPlain("127.0.0.1")
	for range 2 {
		c.send(get("main.test", "/again"))
		a.check(c.read("GET"), want{status: 301})
	}
}
