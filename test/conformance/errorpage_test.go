package conformance

import (
	"strings"
	"time"
)

// errorPageCases are M5: pages in place of the edge's own words.
func errorPageCases() []contractCase {
	const text = "Content-Type: text/plain"
	html := map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Content-Encoding": "", "Age": ""}
	nothing := want{status: 404, body: "<h1>nothing here\n", headers: html, reaches: never}
	paged := func(name, request string) contractCase {
		return contractCase{clause: "M5", name: name, request: request, want: nothing}
	}
	passed := func(name, status string) contractCase {
		return contractCase{clause: "M5", name: name, request: get("pages.test", "/late"), answer: say(pageOf(status, "the app's", text)),
			want: want{body: "the app's", reaches: 1, headers: map[string]string{"Content-Type": "text/plain"}}}
	}
	failed := want{status: 502, body: strings.Repeat("no answer\n", 200), headers: map[string]string{"Content-Type": "text/plain; charset=utf-8", "Content-Encoding": ""}}
	return append(doorCases(), []contractCase{
		paged("no file", get("pages.test", "/none")),
		paged("no file, a condition", get("pages.test", "/none", "If-None-Match: *", "Range: bytes=0-1")),
		paged("no file for a POST", ask("POST", "pages.test", "/none", "abc", "Content-Length: 3")),
		paged("no file, a cookie", get("pages.test", "/none", "Cookie: a=1", "Accept-Encoding: gzip")),
		paged("a dot file", get("pages.test", "/.secret")),
		paged("a path like a page's", get("pages.test", "/page.1")),
		paged("a page's own path", get("pages.test", "/pages/404.html")),
		{clause: "M5", name: "HEAD", request: ask("HEAD", "pages.test", "/none", ""), want: want{status: 404, headers: map[string]string{"Content-Type": "text/html; charset=utf-8", "Content-Length": "17"}}},
		{clause: "M5", name: "a note that a client forges", request: get("pages.test", "/letters.txt", "X-Edge-Page: 1", "X-Edge-Pages: 404=1", "X-Edge-Error: 404"), want: want{status: 200, body: letters}},
		{clause: "M5", name: "no page for 405 here", request: ask("POST", "pages.test", "/letters.txt", "", "Content-Length: 0"), want: want{status: 405, headers: map[string]string{"Allow": "GET, HEAD", "Content-Type": "text/plain; charset=utf-8"}}},
		{clause: "M5", name: "an app that refuses", request: get("pages.test", "/dead"), want: failed},
		{clause: "M5", name: "an app that refuses a POST", request: ask("POST", "pages.test", "/dead", "abc", "Content-Length: 3", "Accept-Encoding: gzip"), want: failed},
		{clause: "M5", name: "an app that is too slow", request: get("pages.test", "/late"), answer: stall(6 * time.Second),
			want: want{status: 504, body: "<h1>later\n", headers: map[string]string{"X-Late": "yes"}}},
		{clause: "M5", name: "a page that is not there", request: get("pages.test", "/gone"), want: want{status: 502, body: "502 Bad Gateway\n"}},
		passed("an app's 404", "404 None"), passed("an app's 503", "503 Down"),
		{clause: "M5", name: "an app's 404 that is stored", caches: true, run: twice(get("pages.test", "/late"), get("pages.test", "/late"), "HIT", pageOf("404 None", "the app's", "Cache-Control: max-age=60"))},
		{clause: "M5", name: "no file where files are stored", caches: true, run: func(a *attempt) {
			for range 2 {
				a.check(a.ask(get("pages.test", "/ttl/none")), want{status: 404, body: nothing.body, headers: map[string]string{"X-Cache": "MISS"}})
			}
		}},
		{clause: "M5", name: "a stale answer goes before a page", caches: true, last: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, inTurn(say(page("x", "Cache-Control: max-age=1")), (*exchange).reset))
			a.check(a.ask(get("pages.test", "/late")), want{status: 200, body: "x"})
			time.Sleep(1100 * time.Millisecond) // what makes it stale
			a.check(a.ask(get("pages.test", "/late")), want{status: 200, body: "x", headers: map[string]string{"X-Cache": "STALE"}})
		}},
	}...)
}

// doorCases are those where the edge answers by itself before anybody is asked.
func doorCases() []contractCase {
	html := func(page string, headers map[string]string) map[string]string {
		return with(map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, headers)
	}
	door := func(name, from, request string, status int, body string, headers map[string]string) contractCase {
		return contractCase{clause: "M5", name: name, from: from, request: request, want: want{status: status, body: body, headers: html(body, headers), reaches: never}}
	}
	alice := basic("alice:secret")
	challenge := map[string]string{"WWW-Authenticate": `Basic realm="Restricted", charset="UTF-8"`, "X-Door": "yes"}
	allow := map[string]string{"Allow": "GET, HEAD, POST", "X-Door": "yes"}
	large := strings.Repeat("x", 2000)
	return []contractCase{
		door("401", "", get("pages.test", "/door"), 401, "<h1>who\n", challenge),
		door("401 for a POST", "", ask("POST", "pages.test", "/door", "x=1", "Content-Length: 3"), 401, "<h1>who\n", challenge),
		door("401 for a cookie, a range and a condition", "", get("pages.test", "/door", "Cookie: a=1", "Range: bytes=0-1", "If-None-Match: *"), 401, "<h1>who\n", challenge),
		{clause: "M5", name: "401 for a HEAD", request: ask("HEAD", "pages.test", "/door", ""), want: want{status: 401, headers: html("", map[string]string{"Content-Length": "8"})}},
		door("403 before a password", "127.0.0.4", get("pages.test", "/door", alice), 403, "<h1>not you\n", map[string]string{"X-Door": "yes"}),
		door("403 by the address", "127.0.0.4", get("pages.test", "/door/address"), 403, "<h1>not you\n", nil),
		door("403 by the address, for a POST", "127.0.0.4", ask("POST", "pages.test", "/door/address", "x=1", "Content-Length: 3"), 403, "<h1>not you\n", nil),
		door("405", "", ask("DELETE", "pages.test", "/door", "", alice), 405, "<h1>not so\n", allow),
		door("405 for a method that no route takes", "", ask("BREW", "pages.test", "/door", ""), 405, "<h1>not so\n", allow),
		door("405 for a file", "", ask("POST", "pages.test", "/door/file", "x=1", "Content-Length: 3"), 405, "<h1>not so\n", map[string]string{"Allow": "GET, HEAD"}),
		door("413", "", ask("POST", "pages.test", "/door", large, "Content-Length: 2000"), 413, "<h1>too much\n", map[string]string{"X-Door": "yes"}),
		door("413 in chunks", "", ask("POST", "pages.test", "/door", "7d0\r\n"+large+"\r\n0\r\n\r\n", "Transfer-Encoding: chunked", alice), 413, "<h1>too much\n", nil),
		door("413 that no route takes", "", ask("POST", "pages.test", "/door", strings.Repeat("x", 200000), "Content-Length: 200000"), 413, "<h1>too much\n", nil),
		{clause: "M5", name: "413 that is far too much", request: ask("POST", "pages.test", "/door", "", "Content-Length: 99999999"), want: want{status: 413, body: "<h1>too much\n", reaches: never},
			differs: "varnish-plain-413", observed: "413 Content Too Large"},
		{clause: "M5", name: "413 with a page that is not there", request: ask("POST", "pages.test", "/door/address", "", "Content-Length: 99999999"), want: want{status: 413, body: "413 Content Too Large\n", headers: plainPage()}},
		{clause: "M5", name: "405 with a page that is not there", request: ask("BREW", "pages.test", "/door/address", ""), want: want{status: 405, body: "405 Method Not Allowed\n", headers: with(plainPage(), map[string]string{"Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"})}},
		{clause: "M5", name: "413 of another route", request: ask("POST", "pages.test", "/none", "", "Content-Length: 99999999"), want: want{status: 413, body: "413 Content Too Large\n"}},
		door("nobody can be asked", "", get("pages.test", "/door/nobody"), 502, "<h1>later\n", nil),
		{clause: "M5", name: "who comes in sees no page", request: get("pages.test", "/door", alice), answer: say(pageOf("403 No", "the app's")), want: want{status: 403, body: "the app's", reaches: 1}},
		{clause: "M5", name: "a handshake that may not come in", from: "127.0.0.4", request: handshake("pages.test", "/door"), want: want{status: 403, body: "<h1>not you\n", reaches: never}},
		{clause: "M5", name: "a handshake that is none", request: get("pages.test", "/door/often", "X-Key: {case}", "Connection: Upgrade", "Upgrade: websocket"), want: want{status: 400, body: "400 Bad Request\n", reaches: never}},
		{clause: "M5", name: "429", run: func(a *attempt) {
			a.check(a.ask(get("pages.test", "/door/often", "X-Key: {case}")), want{status: 200, reaches: 1})
			for _, request := range []string{get("pages.test", "/door/often", "X-Key: {case}"), ask("POST", "pages.test", "/door/often", "x=1", "Content-Length: 3", "X-Key: {case}")} {
				a.check(a.ask(request), want{status: 429, body: "<h1>too often\n", reaches: 1, headers: html("", map[string]string{"Retry-After": "~^[0-9]+$"})})
			}
		}},
		{clause: "M5", name: "the log of a page", run: func(a *attempt) { a.logs(ask("BREW", "pages.test", "/door", ""), entry{Tier: "cache"}) }},
	}
}
