package conformance

// otherHostCases are M1 and H3 where a site has hosts beside its canonical one, or
// those of nobody.
func otherHostCases() []contractCase {
	served := func(name, host string) contractCase {
		return contractCase{clause: "M1", name: name, request: get(host, "/"), want: want{status: 200, body: "app other\n", reaches: 1,
			sees:    map[string]string{"Host": host, "X-Forwarded-Host": host},
			headers: map[string]string{"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}}}
	}
	refused := func(name, host string) contractCase {
		return contractCase{clause: "M1", name: name, request: get(host, "/"), want: want{status: 421, reaches: never}}
	}
	redirected := func(clause, name, edge, host, location string) contractCase {
		return contractCase{clause: clause, name: name, edge: edge, plain: true, request: get(host, "/x"),
			want: want{status: 301, reaches: never, headers: map[string]string{"Location": location + "/x?case={case}"}}}
	}
	other := func(name, host string) contractCase {
		return contractCase{clause: "H3", name: name, edge: "open", request: get(host, "/"), want: want{status: 200, reaches: 1,
			sees: map[string]string{"Host": host, "X-Forwarded-Host": host}}}
	}
	return []contractCase{
		served("another host of a site", "api.second.test"),
		served("what a wildcard stands for", "a_1.shop.second.test"),
		served("what a wildcard stands for, in upper case, with a dot and a port", "A.Shop.second.test.:{https}"),
		refused("a wildcard stands for a label", "shop.second.test"),
		refused("a wildcard stands for one label", "b.a.shop.second.test"),
		served("any number of labels: one", "a.wide.second.test"), served("any number of labels: several", "C.b_1.a.wide.second.test.:{https}"),
		refused("any number of labels, and not none", "wide.second.test"),
		{clause: "M1", name: "any number of labels, none of them empty", request: get("b..wide.second.test", "/"),
			want: want{status: 421, reaches: never}, differs: unread, observed: "status 400, want 421"},
		{clause: "M1", name: "a longer host goes before a shorter one", request: get("b.a.deep.wide.second.test", "/"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "M1", name: "one label goes before any number", request: get("a.one.wide.second.test", "/"), want: want{status: 200, body: "app app\n", reaches: 1}},
		served("any number of labels where one does not fit", "b.a.one.wide.second.test"),
		refused("a wildcard stands for no empty label", ".shop.second.test"),
		{clause: "M1", name: "a host goes before a wildcard", request: get("own.shop.second.test", "/"), want: want{status: 200, body: "app app\n", reaches: 1}},
		{clause: "M1", name: "an alias goes before a wildcard", request: get("old.shop.second.test", "/"),
			want: want{status: 301, headers: map[string]string{"Location": "https://second.test:{https}/?case={case}"}}},
		redirected("M1", "another host on http", "", "api.second.test:80", "https://api.second.test:{https}"),
		redirected("M1", "what a wildcard stands for on http", "", "A.shop.second.test.", "https://a.shop.second.test:{https}"),
		{clause: "M1", name: "hosts of a site share no stored answer", run: func(a *attempt) {
			for _, host := range []string{"second.test", "api.second.test", "a.shop.second.test", "b.shop.second.test"} {
				a.check(a.ask(get(host, "/ttl")), want{status: 200, headers: map[string]string{"X-Cache": "~MISS|PASS"}})
			}
		}},
		{clause: "M1", name: "a host's answer is stored", caches: true, run: func(a *attempt) {
			for _, verdict := range []string{"MISS", "HIT"} {
				a.check(a.ask(get("api.second.test", "/ttl")), want{status: 200, headers: map[string]string{"X-Cache": verdict}})
			}
		}},
		other("a host of nobody, where a site is the default", "unknown.test"),
		other("an address of nobody", "192.0.2.1"),
		other("an IPv6 address of nobody", "[2001:db8::1]"),
		other("a host of nobody that a wildcard almost fits", "b.a.shop.open.test"),
		{clause: "M1", name: "a wildcard goes before the default site", edge: "open", request: get("a.shop.open.test", "/"),
			want: want{status: 302, reaches: never}},
		{clause: "H3", name: "what no host can be called, where a site is the default", edge: "open", request: get("a..test", "/"),
			want: want{status: 421, reaches: never}, differs: unread, observed: "status 400, want 421"},
		redirected("H3", "a host of nobody on http", "open", "Unknown.test.:80", "https://unknown.test:9443"),
	}
}
