package conformance

// slashCases hold that no spelling of a path walks around the route that holds
// it: /sub belongs to an app, /list to a redirect, and the files of both are
// there, below the root of "/".
func slashCases() []contractCase {
	var cases []contractCase
	for name, target := range map[string]string{
		"two slashes first": "//sub/index.html", "three slashes first": "///sub//index.html", "an encoded slash first": "/%2fsub/index.html",
		"only encoded slashes": "/%2F%2Fsub%2Findex.html", "two slashes last": "/sub//index.html", "an encoded slash last": "/sub/%2findex.html",
		"a mixture": "//%2F/sub%2f//index.html", "the path itself": "//sub", "a slash at the end": "//sub//",
	} {
		cases = append(cases,
			contractCase{clause: "S3", name: "a route is not walked around: " + name, run: func(a *attempt) {
				a.check(a.ask(get("slashes.test", target)), want{status: 200, body: "app other\n", reaches: 1})
				a.compare("target", a.last().target, target+"?case={case}")
			}},
			contractCase{clause: "F1", name: "an app gets the path as it was sent, retried too: " + name, answer: inTurn((*exchange).reset, say(page("x"))), run: func(a *attempt) {
				a.check(a.ask(get("slashes.test", target)), want{status: 200, reaches: 2})
				a.compare("target", a.last().target, target+"?case={case}")
			}})
	}
	for name, target := range map[string]string{"two slashes": "//list/file.txt", "encoded": "/%2flist/file.txt", "at the end": "/list//"} {
		cases = append(cases, contractCase{clause: "S3", name: "a redirect is not walked around: " + name, request: get("slashes.test", target),
			want: want{status: 302, headers: map[string]string{"Location": "/elsewhere"}, reaches: never}})
	}
	for name, target := range map[string]string{"two slashes": "//letters.txt", "encoded": "/%2Fletters.txt", "below": "/both///file.txt"} {
		cases = append(cases, contractCase{clause: "S1", name: "a file by another spelling: " + name, request: get("slashes.test", target), want: want{status: 200, body: "~^(both\n|" + letters + ")$"}})
	}
	return append(cases,
		contractCase{clause: "F1", name: "what no file answers is asked of the app as it was sent", run: func(a *attempt) {
			a.check(a.ask(get("slashes.test", "//both//no%2Fne")), want{status: 200, body: "app app\n", reaches: 1})
			a.compare("target", a.last().target, "//both//no%2Fne?case={case}")
		}},
		contractCase{clause: "K1", name: "two spellings are stored apart", answer: say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nCache-Control: max-age=60\r\n\r\nx"), run: func(a *attempt) {
			a.check(a.ask(get("slashes.test", "/sub/x")), want{headers: map[string]string{"X-Cache": "MISS"}, reaches: 1})
			a.check(a.ask(get("slashes.test", "//sub/x")), want{headers: map[string]string{"X-Cache": "MISS"}, reaches: 2})
			a.check(a.ask(get("slashes.test", "//sub/x")), want{headers: map[string]string{"X-Cache": "HIT"}, reaches: 2})
		}},
		contractCase{clause: "W3", name: "half a handshake by another spelling", request: get("slashes.test", "//ws/%2f", "Connection: Upgrade", "Upgrade: websocket"), want: want{status: 400, reaches: never}},
	)
}
