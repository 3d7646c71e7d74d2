package conformance

// hstsCases are H1 and H2: what the site says of https, and the port that clients
// see.
func hstsCases() []contractCase {
	told := map[string]string{"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
	untold := map[string]string{"Strict-Transport-Security": ""}
	return []contractCase{
		{clause: "H2", name: "hsts on an app's answer", request: get("second.test", "/"), want: want{status: 200, headers: told}},
		{clause: "H2", name: "hsts in place of what an app says", request: get("second.test", "/"), answer: say(page("x", "Strict-Transport-Security: max-age=0")),
			want: want{status: 200, headers: told}},
		{clause: "H2", name: "hsts on the redirect from an alias", request: get("www.second.test", "/"), want: want{status: 301, headers: told}},
		{clause: "H2", name: "hsts on an error", request: ask("BREW", "second.test", "/", ""), want: want{status: 405, headers: told}},
		{clause: "H2", name: "hsts on a cached answer", caches: true, run: func(a *attempt) {
			a.check(a.ask(get("second.test", "/ttl")), want{status: 200, headers: told})
			a.check(a.ask(get("second.test", "/ttl")), want{status: 200, headers: map[string]string{"X-Cache": "HIT", "Strict-Transport-Security": told["Strict-Transport-Security"]}})
		}},
		{clause: "H2", name: "no hsts over plain HTTP", plain: true, request: get("second.test", "/"), want: want{status: 301, headers: untold}},
		{clause: "H2", name: "no hsts of another site", request: get("main.test", "/"), want: want{status: 200, headers: untold}},
		{clause: "H1", name: "public_port in a redirect", edge: "open", plain: true, request: get("open.test", "/x"),
			want: want{status: 301, headers: map[string]string{"Location": "https://open.test:9443/x?case={case}"}}},
	}
}
