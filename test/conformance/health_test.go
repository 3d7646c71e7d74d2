package conformance

// healthCases are H4: whoever asks whether the edge is there.
func healthCases() []contractCase {
	well := want{status: 200, body: "200 OK\n", reaches: never, headers: map[string]string{"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "X-Cache": "PASS"}}
	asks := func(name, request string, want want) contractCase {
		return contractCase{clause: "H4", name: name, edge: "open", request: request, want: want}
	}
	passes := want{status: 200, reaches: 1}
	return []contractCase{
		asks("for the site's host", get("open.test", "/healthz"), well),
		asks("for a host that no site claims", get("192.0.2.1", "/healthz"), well),
		asks("without a query", "GET /healthz HTTP/1.1\r\nHost: open.test\r\n\r\n", want{status: 200, body: "200 OK\n"}),
		asks("no part of it", get("open.test", "/healthz", "Range: bytes=0-2"), well),
		asks("HEAD", ask("HEAD", "unknown.test", "/healthz", ""), want{status: 200, reaches: never, headers: map[string]string{"Content-Length": "7"}}),
		asks("a path below it is the site's", get("open.test", "/healthz/x"), passes),
		asks("a path that begins like it is the site's", get("open.test", "/healthzx"), passes),
		asks("another method is the site's", ask("POST", "open.test", "/healthz", "x", "Content-Length: 1"), passes),
		asks("another method, for what no host can be called", ask("POST", "a..test", "/healthz", "x", "Content-Length: 1"), want{status: 421, reaches: never}).differing(unread, "status 400, want 421"),
		asks("ambiguous framing is refused", get("open.test", "/healthz", "Transfer-Encoding: chunked", "Content-Length: 5")+"0\r\n\r\n",
			want{status: 400, reaches: never, bare: true}),
		{clause: "H4", name: "on a plain listener", edge: "open", plain: true, request: get("open.test", "/healthz"), want: well},
		{clause: "H4", name: "on a plain listener, for a host that no site claims", edge: "open", plain: true, request: get("unknown.test", "/healthz"), want: well},
	}
}
