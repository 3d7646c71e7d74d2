package conformance

// defaultCases are M6: what rules say where nobody else does.
func defaultCases() []contractCase {
	page, file := get("slashes.test", "/default/x"), "/default/files/file.txt"
	app := func(status string, lines ...string) func(*exchange) { return say(pageOf(status, "text", lines...)) }
	one := func(name, request string, answer func(*exchange), status int, headers map[string]string) contractCase {
		return contractCase{clause: "M6", name: "defaults: " + name, request: request, answer: answer, want: want{status: status, headers: headers}}
	}
	added := map[string]string{"Cache-Control": "max-age=60", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
	failed := map[string]string{"Cache-Control": "", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
	said := map[string]string{"Cache-Control": "no-cache", "Referrer-Policy": "origin", "X-Frame-Options": "SAMEORIGIN"}
	none := map[string]string{"Cache-Control": "", "Referrer-Policy": "", "X-Frame-Options": ""}
	asked := func(name string, sees map[string]string, lines ...string) contractCase {
		return contractCase{clause: "M6", name: "defaults: a request " + name, request: get("slashes.test", "/default/x", lines...), want: want{status: 200, sees: sees}}
	}
	return []contractCase{
		one("an app that says nothing", page, app("200 OK"), 200, added),
		one("an app that says it", page, app("200 OK", "cache-control: no-cache", "REFERRER-POLICY: origin", "X-Frame-Options: SAMEORIGIN"), 200, said),
		one("an app that says another", page, app("200 OK", "Referrer-Policy: origin"), 200, map[string]string{"Cache-Control": "max-age=60", "Referrer-Policy": "origin"}),
		one("an app's 404", page, app("404 Not Found"), 404, failed),
		one("an app's 304", get("slashes.test", "/default/x", "If-None-Match: \"a\"", "Cookie: a=1"), say("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"), 304, none),
		one("a backend that breaks off", page, (*exchange).reset, 502, failed),
		one("a file", get("slashes.test", file), nil, 200, added),
		one("a part of a file", get("slashes.test", file, "Range: bytes=0-3"), nil, 206, added),
		one("no part of a file", get("slashes.test", file, "Range: bytes=400-"), nil, 416, failed),
		one("an unmodified file", get("slashes.test", file, "If-None-Match: *"), nil, 304, none),
		one("no file", get("slashes.test", "/default/files/none"), nil, 404, failed),
		{clause: "M6", name: "defaults: a stored answer", caches: true, answer: app("200 OK", `ETag: "a"`, "Referrer-Policy: origin"), run: func(a *attempt) {
			own := map[string]string{"Cache-Control": "max-age=60", "Referrer-Policy": "origin", "X-Frame-Options": "DENY"}
			for range 2 { // the second time from the cache
				a.check(a.ask(page), want{status: 200, headers: own})
			}
			a.check(a.ask(get("slashes.test", "/default/x", `If-None-Match: "a"`)), want{status: 304, headers: map[string]string{"Cache-Control": "", "X-Frame-Options": ""}})
		}},
		asked("without it", map[string]string{"X-Stage": "live", "Accept-Language": "en"}),
		asked("that has it", map[string]string{"X-Stage": "test", "Accept-Language": "de"}, "x-stage: test", "Accept-Language: de"),
		{clause: "M6", name: "defaults: a handshake", request: handshake("slashes.test", "/default/x", "Accept-Language: de"), answer: app("404 Not Found"),
			want: want{status: 404, bare: true, closes: true, sees: map[string]string{"X-Stage": "live", "Accept-Language": "de"}}},
	}
}
