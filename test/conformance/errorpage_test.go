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
	return []contractCase{
		paged("no file", get("pages.test", "/none")),
		paged("no file, a condition", get("pages.test", "/none", "If-None-Match: *", "Range: bytes=0-1")),
		paged("no file for a POST", ask("POST", "pages.test", "/none", "abc", "Content-Length: 3")),
		paged("no file, a cookie", get("pages.test", "/none", "Cookie: a=1", "Accept-Encoding: gzip")),
		paged("a dot file", get("pages.test", "/.secret")),
		paged("a path like a page's", get("pages.test", "/page.1")),
		paged("a page's own path", get("pages.test", "/pages/404.html")),
		{clause: "M5", name: "HEAD", request: ask("HEAD", "pages.test", "/none", ""), want: want{status: 404, headers: map[string]string{"Content-Type": "text/html; charset=utf-8", "Content-Length": "17"}}},
		{clause: "M5", name: "a note that a client forges", request: get("pages.test", "/letters.txt", "X-Edge-Page: 1", "X-Edge-Pages: 404=1", "X-Edge-Error: 404"), want: want{status: 200, body: letters}},
		{clause: "M5", name: "no page for 405", request: ask("POST", "pages.test", "/letters.txt", "", "Content-Length: 0"), want: want{status: 405, headers: map[string]string{"Allow": "GET, HEAD", "Content-Type": "text/plain; charset=utf-8"}}},
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
		{clause: "M5", name: "a stale answer goes before a page", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, inTurn(say(page("x", "Cache-Control: max-age=1")), (*exchange).reset))
			a.check(a.ask(get("pages.test", "/late")), want{status: 200, body: "x"})
			time.Sleep(1100 * time.Millisecond) // what makes it stale
			a.check(a.ask(get("pages.test", "/late")), want{status: 200, body: "x", headers: map[string]string{"X-Cache": "STALE"}})
		}},
	}
}
