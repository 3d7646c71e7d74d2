package conformance

import (
	"strings"
	"time"
)

// handedCases are M7: an app leads a request on to an internal route of its site.
func handedCases() []contractCase {
	const date = "Thu, 29 Feb 2024 12:00:00 GMT"
	file := map[string]string{"Content-Type": "text/plain; charset=utf-8", "Last-Modified": date, "ETag": "~^\"", "X-Accel-Redirect": "", "X-Outer": "yes", "X-Private": ""}
	lead := func(lines ...string) func(*exchange) { return say(page("not this\n", lines...)) }
	to := func(name, target string, want want) contractCase {
		return contractCase{clause: "M7", name: name, request: get("handed.test", "/lead"), answer: lead("X-Accel-Redirect: " + target), want: want}
	}
	nothing := want{status: 404, body: "<h1>nothing here\n", reaches: 1, headers: map[string]string{"Cache-Control": "no-store", "X-Accel-Redirect": ""}}
	outside := func(name, request string) contractCase {
		return contractCase{clause: "M7", name: name, request: request, want: want{status: 404, body: "404 Not Found\n", reaches: never, headers: plainPage()}}
	}
	asked := func(name, request string, lines []string, want want) contractCase {
		return contractCase{clause: "M7", name: name, request: request, answer: lead(lines...), want: want}
	}
	letterFile := []string{"X-Accel-Redirect: /files/letters.txt"}
	cases := []contractCase{
		outside("a client asks for an internal file", get("handed.test", "/files/letters.txt")),
		outside("a client asks for an internal app", get("handed.test", "/store/x")),
		outside("a client posts to an internal app", ask("POST", "handed.test", "/store/x", "abc", "Content-Length: 3")),
		outside("a client spells an internal path otherwise", get("handed.test", "//f%69les/letters.txt")),
		outside("a client asks with what apps say", get("handed.test", "/files/letters.txt", letterFile[0], "X-Edge-Route: files")),
		outside("a client opens a WebSocket to an internal app", handshake("handed.test", "/store/ws")),
		{clause: "M7", name: "an open route below an internal one", request: get("handed.test", "/files/open"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "M7", name: "no app of another site is followed", request: get("main.test", "/"), answer: lead(letterFile...), want: want{status: 200, body: "not this\n", headers: map[string]string{"X-Accel-Redirect": ""}}},

		asked("a file", get("handed.test", "/lead"), append(letterFile, "X-Private: 1", "X-Accel-Expires: 60", "X-Accel-Buffering: no", "X-Accel-Limit-Rate: 1", "X-Sendfile: /etc/passwd", "ETag: \"own\"", "Content-Encoding: odd"),
			want{status: 200, body: letters, reaches: 1, headers: with(absent([]string{"X-Accel-Expires:", "X-Accel-Buffering:", "X-Sendfile:", "Content-Encoding:"}), file)}),
		asked("a file, for an error of the app's", get("handed.test", "/lead"), letterFile, want{status: 200, body: letters}),
		asked("a file, HEAD", ask("HEAD", "handed.test", "/lead", ""), letterFile, want{status: 200, headers: map[string]string{"Content-Length": "26", "ETag": "~^\""}}),
		asked("a file, for a POST", ask("POST", "handed.test", "/lead", "x=1", "Content-Length: 3"), letterFile, want{status: 200, body: letters, reaches: 1}),
		asked("a file, for a POST in chunks", ask("POST", "handed.test", "/lead", "3\r\nx=1\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), letterFile, want{status: 200, body: letters, reaches: 1}),
		asked("a part of a file", get("handed.test", "/lead", "Range: bytes=2-5"), letterFile, want{status: 206, body: "cdef", headers: map[string]string{"Content-Range": "bytes 2-5/26"}}),
		asked("a part of a file, past the cache", get("handed.test", "/lead", "Range: bytes=2-5", "Cookie: a=1"), letterFile, want{status: 206, body: "cdef", headers: map[string]string{"Content-Range": "bytes 2-5/26"}}),
		asked("no part of a file, past the cache", get("handed.test", "/lead", "Range: bytes=99-", "Cookie: a=1"), letterFile, want{status: 416, headers: map[string]string{"Content-Range": "bytes */26"}}),
		asked("a file that the client has", get("handed.test", "/lead", "If-Modified-Since: "+date), letterFile, want{status: 304}),
		asked("a file that the client has, past the cache", get("handed.test", "/lead", "If-Modified-Since: "+date, "Cookie: a=1"), append(letterFile, "Content-Type: text/x-own"), want{status: 304}),
		asked("a file that is another, past the cache", get("handed.test", "/lead", `If-Match: "x"`, "Cookie: a=1"), letterFile, want{status: 412}),
		asked("what the app says of a file", get("handed.test", "/lead"), append(letterFile, "Content-Type: application/x-own", `Content-Disposition: attachment; filename="x y"`, "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "Cache-Control: private", "Vary: X-Who"),
			want{status: 200, body: letters, headers: map[string]string{"Content-Type": "application/x-own", "Content-Disposition": `attachment; filename="x y"`, "Set-Cookie": "a=1; Path=/, b=2", "Cache-Control": "private", "Vary": "X-Who"}}),
		{clause: "M7", name: "a file, whatever the app's status", request: get("handed.test", "/lead"), answer: say(pageOf("403 No", "no", letterFile...)), want: want{status: 200, body: letters}},
		{clause: "M7", name: "a file, where no file answers", request: get("handed.test", "/both/none"), answer: lead(letterFile...), want: want{status: 200, body: letters, reaches: 1}},
		{clause: "M7", name: "a file by an expression, not encoded", request: get("handed.test", "/lead"), answer: lead("X-Accel-Redirect: /with space.txt"), want: want{status: 200, body: "space\n"}},
		{clause: "M7", name: "a file by an expression, encoded", request: get("handed.test", "/lead"), answer: lead("X-Accel-Redirect: /with%20spac%65.txt?a=b"), want: want{status: 200, body: "space\n"}},
		{clause: "M7", name: "a file that is compressed", request: get("handed.test", "/packed", "Accept-Encoding: gzip"), answer: lead("X-Accel-Redirect: /files/words.txt"), want: want{status: 200, headers: map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}}},
		{clause: "M7", name: "a file that lies compressed beside another", request: get("handed.test", "/lead", "Accept-Encoding: gzip"), answer: lead("X-Accel-Redirect: /files/data.json"), want: want{status: 200, body: packed("{}\n"), headers: map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}}},
		to("an index", "/sub/", want{status: 200, body: "sub\n"}),

		to("no file", "/files/none.txt", nothing), to("a directory", "/files", nothing), to("a directory without its slash", "/sub", want{status: 404, reaches: 1}),
		to("a dot file", "/files/.hidden", nothing), to("a path that climbs", "/files/../letters.txt", nothing), to("a path that climbs, encoded", "/files/%2e%2e%2fletters.txt", nothing),
		to("a path with a zero byte", "/files/letters.txt%00.jpg", nothing), to("a path with a broken escape", "/files/%zz", nothing),
		to("an open route", "/lead/other", nothing), to("the front", "/", nothing), to("no path", "files/letters.txt", nothing), to("nothing", "", nothing),
		to("another host", "https://evil.example/files/letters.txt", nothing), to("another host, by slashes", "//evil.example/files/letters.txt", nothing),
		to("a location of nginx", "@edge_error", nothing), to("a page of the edge's", "/../page.1", nothing),
		asked("two paths", get("handed.test", "/lead"), append(letterFile, letterFile...), nothing),
		{clause: "M7", name: "an app that does not answer", request: get("handed.test", "/ttl/lead"), answer: lead("X-Accel-Redirect: /dead/x"), want: want{status: 502, body: "502 Bad Gateway\n", reaches: 1}},
		{clause: "M7", name: "what is handed over is stored as the app says", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, lead(append(letterFile, "Cache-Control: max-age=60")...))
			for _, verdict := range []string{"MISS", "HIT"} {
				a.check(a.ask(get("handed.test", "/stored")), want{status: 200, body: letters, reaches: 1, headers: map[string]string{"X-Cache": verdict, "Cache-Control": "max-age=60", "X-Accel-Redirect": ""}})
			}
			a.check(a.ask(get("handed.test", "/stored", "Range: bytes=2-5")), want{status: 206, body: "cdef", reaches: 1})
			a.check(a.ask(get("handed.test", "/stored", "If-Modified-Since: "+date)), want{status: 304, reaches: 1})
		}},
		{clause: "M7", name: "what the app says nothing of is not stored", caches: true, run: twice(get("handed.test", "/lead"), get("handed.test", "/lead"), "MISS", page("", letterFile...))},
		{clause: "M7", name: "what is somebody's is not stored", caches: true, run: twice(get("handed.test", "/ttl"), get("handed.test", "/ttl"), "~MISS|PASS", page("", append(letterFile, "Set-Cookie: a=1")...))},
		{clause: "M7", name: "what there is not is not stored", caches: true, run: twice(get("handed.test", "/ttl"), get("handed.test", "/ttl"), "~MISS|PASS", page("", "X-Accel-Redirect: /files/none", "Cache-Control: max-age=60"))},
		{clause: "M7", name: "what is handed over varies as the app says", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, func(x *exchange) {
				lead("X-Accel-Redirect: /files/"+x.header.Get("X-Name"), "Cache-Control: max-age=60", "Vary: X-Name")(x)
			})
			a.check(a.ask(get("handed.test", "/stored", "X-Name: letters.txt")), want{status: 200, body: letters})
			a.check(a.ask(get("handed.test", "/stored", "X-Name: none.txt")), want{status: 404})
			a.check(a.ask(get("handed.test", "/stored", "X-Name: letters.txt")), want{status: 200, body: letters, headers: map[string]string{"X-Cache": "HIT"}})
		}},
		{clause: "M7", name: "a handshake that is refused", request: handshake("handed.test", "/both"), answer: say(pageOf("403 No", "no", letterFile...)), want: want{bare: true, headers: map[string]string{"X-Accel-Redirect": ""}}},
	}
	return append(cases, handedToApps()...)
}

// handedToApps are those where another app answers.
func handedToApps() []contractCase {
	// steps has the app lead on, and each app after it as the next text says.
	steps := func(first []string, second string) func(*attempt) {
		return func(a *attempt) {
			a.edge.record.answer(a.mark, func(x *exchange) {
				if x.request.backend == "other" {
					x.write(strings.ReplaceAll(second, "{case}", a.mark))
					return
				}
				say(page("not this\n", strings.Split(strings.ReplaceAll(strings.Join(first, "\n"), "{case}", a.mark), "\n")...))(x)
			})
		}
	}
	return []contractCase{
		{clause: "M7", name: "another app", run: func(a *attempt) {
			steps([]string{"X-Accel-Redirect: /store/a b%2F?case={case}", "Cache-Control: private", "Content-Type: text/x-own"},
				page("stored\n", "Cache-Control: max-age=600", "Content-Type: text/x-other", "X-Bucket: 1", "Set-Cookie: c=3"))(a)
			a.check(a.ask(ask("POST", "handed.test", "/lead", "x=1", "Content-Length: 3", "Content-Type: text/x-posted", "X-HTTP-Method-Override: DELETE")),
				want{status: 200, body: "stored\n", reaches: 2, headers: map[string]string{"Cache-Control": "private", "Content-Type": "text/x-own", "X-Bucket": "1", "Set-Cookie": "c=3", "X-Outer": "yes"}, sees: map[string]string{"X-Key": "secret", "Content-Type": "", "X-Http-Method-Override": "", "X-Real-Ip": "127.0.0.1"}})
			a.compare("the target", a.last().target, "/bucket/a%20b%2F?case={case}")
			a.compare("the method", a.last().method, "GET")
		}},
		{clause: "M7", name: "another app by an exact path, with a range", run: func(a *attempt) {
			steps([]string{"X-Accel-Redirect: /exact?case={case}"}, pageOf("206 Partial Content", "cd", "Content-Range: bytes 2-3/26"))(a)
			a.check(a.ask(get("handed.test", "/lead", "Range: bytes=2-3", "Cookie: a=1")), want{status: 206, body: "cd", reaches: 2, headers: map[string]string{"Content-Range": "bytes 2-3/26"}, sees: map[string]string{"Range": "bytes=2-3"}})
			a.compare("the target", a.last().target, "/letters/exact?case={case}")
		}},
		{clause: "M7", name: "another app behind files", run: func(a *attempt) {
			steps([]string{"X-Accel-Redirect: /sub/none?case={case}"}, page("other\n"))(a)
			a.check(a.ask(get("handed.test", "/lead")), want{status: 200, body: "other\n", reaches: 2})
		}},
		{clause: "M7", name: "what another app says of an error", run: func(a *attempt) {
			steps([]string{"X-Accel-Redirect: /store/x?case={case}", "Cache-Control: max-age=60"}, pageOf("404 None", "no bucket\n", "Cache-Control: max-age=600"))(a)
			a.check(a.ask(get("handed.test", "/lead")), want{status: 404, body: "no bucket\n", reaches: 2, headers: map[string]string{"Cache-Control": "no-store"}})
		}},
		{clause: "M7", name: "what another app would have stored", caches: true, run: func(a *attempt) {
			steps([]string{"X-Accel-Redirect: /store/x?case={case}"}, page("stored\n", "Cache-Control: max-age=600"))(a)
			a.check(a.ask(get("handed.test", "/lead")), want{status: 200, body: "stored\n", reaches: 2, headers: map[string]string{"Cache-Control": ""}})
			a.check(a.ask(get("handed.test", "/lead")), want{status: 200, reaches: 4})
		}},
		{clause: "M7", name: "from app to app to a file", run: func(a *attempt) {
			steps([]string{"X-Accel-Redirect: /store/x?case={case}"}, page("", "X-Accel-Redirect: /files/letters.txt"))(a)
			a.check(a.ask(get("handed.test", "/lead")), want{status: 200, body: letters, reaches: 2, headers: map[string]string{"X-Accel-Redirect": ""}})
		}},
		{clause: "M7", name: "a circle", run: func(a *attempt) {
			steps([]string{"X-Accel-Redirect: /store/x?case={case}"}, page("", "X-Accel-Redirect: /store/x?case={case}"))(a)
			began := time.Now()
			a.check(a.ask(get("handed.test", "/ttl/lead")), want{status: 502, body: "502 Bad Gateway\n", reaches: 11, headers: map[string]string{"Cache-Control": "no-store"}})
			if took := time.Since(began); took > patience {
				a.errorf("that took %s", took)
			}
		}},
		{clause: "M7", name: "another app, slowly", run: func(a *attempt) {
			a.edge.record.answer(a.mark, func(x *exchange) {
				if x.request.backend == "other" {
					stall(6 * time.Second)(x)
					return
				}
				say(page("", "X-Accel-Redirect: /store/x?case="+a.mark))(x)
			})
			a.check(a.ask(get("handed.test", "/ttl/lead")), want{status: 504, body: "504 Gateway Timeout\n", reaches: 2})
		}},
	}
}
