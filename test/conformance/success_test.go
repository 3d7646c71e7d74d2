package conformance

// successCases are M6: what rules say of freshness and version is for answers
// that went well, whoever made them.
func successCases() []contractCase {
	well := map[string]string{"Cache-Control": "immutable", "X-Always": "yes"}
	not := map[string]string{"Cache-Control": "", "X-Always": "yes"}
	full := map[string]string{"Cache-Control": "immutable", "Etag": `"fixed"`, "Expires": "Thu, 01 Jan 2099 00:00:00 GMT", "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT", "X-Always": "yes"}
	none := map[string]string{"Cache-Control": "", "Etag": "", "Expires": "", "Last-Modified": "", "X-Always": "yes", "X-Powered-By": ""}
	app := func(status string, lines ...string) func(*exchange) { return say(pageOf(status, "text", lines...)) }
	one := func(name, request string, answer func(*exchange), status int, headers map[string]string) contractCase {
		return contractCase{clause: "M6", name: name, request: request, answer: answer, want: want{status: status, headers: headers}}
	}
	success, files := get("slashes.test", "/success/x"), "/success/files/file.txt"
	cases := []contractCase{
		one("a 404 of files", get("slashes.test", "/success/files/none"), nil, 404, not),
		one("a dot file", get("slashes.test", "/success/files/.x"), nil, 404, not),
		one("a file", get("slashes.test", files), nil, 200, well),
		one("a file, HEAD", ask("HEAD", "slashes.test", files, ""), nil, 200, well),
		one("a part of a file", get("slashes.test", files, "Range: bytes=0-3"), nil, 206, well),
		one("no part of a file", get("slashes.test", files, "Range: bytes=400-"), nil, 416, not),
		one("an unmodified file", get("slashes.test", files, "If-None-Match: *"), nil, 304, well),
		one("a condition that fails", get("slashes.test", files, `If-Match: "x"`), nil, 412, not),
		one("a redirect to a directory", get("slashes.test", "/success/files/dir"), nil, 301, not),
		one("a method that files have not", ask("POST", "slashes.test", files, "x", "Content-Length: 1"), nil, 405, not),
		one("a method that nobody has", ask("TRACE", "slashes.test", "/success/x", ""), nil, 405, map[string]string{"Cache-Control": "", "Etag": ""}),
		one("a backend that refuses", get("slashes.test", "/success/dead"), nil, 502, not),
		one("a backend that breaks off", success, (*exchange).reset, 502, none),
		{clause: "M6", name: "a stored answer", caches: true, answer: app("200 OK"), run: func(a *attempt) {
			for range 2 { // the second time from the cache
				a.check(a.ask(success), want{status: 200, headers: full})
				a.check(a.ask(get("slashes.test", "/success/x", "Range: bytes=1-2")), want{status: 206, headers: full})
				a.check(a.ask(get("slashes.test", "/success/x", "Range: bytes=9-")), want{status: 416, headers: map[string]string{"Cache-Control": "", "X-Always": "yes"}})
			}
		}},
		{clause: "M6", name: "a stored error", caches: true, answer: app("404 Not Found"), run: func(a *attempt) {
			a.check(a.ask(success), want{status: 404, headers: none})
			hit := map[string]string{"X-Cache": "HIT"}
			for name, value := range none {
				hit[name] = value
			}
			a.check(a.ask(success), want{status: 404, headers: hit, reaches: 1})
		}},
		one("what an app says of its own error", success, app("404 Not Found", "Cache-Control: max-age=5"), 404, map[string]string{"Cache-Control": "max-age=5", "X-Always": "yes"}),
		one("what an app says of its own success", success, app("200 OK", "Cache-Control: max-age=5"), 200, full),
	}
	for status, headers := range map[string]map[string]string{"201 Created": full, "204 No Content": full, "301 Moved": none, "302 Found": none, "307 Temporary": none,
		"400 Bad": none, "401 Who": none, "410 Gone": none, "418 Tea": none, "500 Oops": none, "503 Later": none} {
		answer := app(status, "X-Powered-By: x")
		if status == "204 No Content" {
			answer = say("HTTP/1.1 204 No Content\r\n\r\n")
		}
		cases = append(cases, one("an app's "+status, success, answer, int(status[0]-'0')*100+int(status[1]-'0')*10+int(status[2]-'0'), headers))
	}
	return append(cases, defaultCases()...)
}
