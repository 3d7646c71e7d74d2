package conformance

// behindCases are T1: somebody in front of the edge ends TLS. They are sent as they
// stand to the listener on which the sites are served; 127.0.0.9 is trusted.
func behindCases() []contractCase {
	const proxy, stranger = "127.0.0.9", "127.0.0.3"
	served := func(client, proto string) want {
		return want{status: 200, reaches: 1, sees: map[string]string{"X-Forwarded-For": client, "X-Real-Ip": client, "X-Forwarded-Proto": proto,
			"X-Forwarded-Host": "main.test"}}
	}
	moved := func(status int, to string) want {
		return want{status: status, reaches: never, headers: map[string]string{"Location": to, "X-Cache": "PASS", "Server": ""}}
	}
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + "\xc6\x33\x64\x07" + "\x7f\x00\x00\x01" + "\x9c\x40" + "\x01\xbb"
	nobody := "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
	cases := []contractCase{
		{clause: "T1", name: "came as https", from: proxy, request: get("main.test", "/t1", "X-Forwarded-Proto: https", "X-Forwarded-For: 198.51.100.7"), want: served("198.51.100.7", "https")},
		{clause: "T1", name: "came as http", from: proxy, request: get("main.test", "/t1?a=b%20c", "X-Forwarded-Proto: http"), want: moved(301, "https://main.test/t1?a=b%20c&case={case}")},
		{clause: "T1", name: "came as http and sends something", from: proxy, request: ask("POST", "main.test", "/t1", "x", "X-Forwarded-Proto: http", "Content-Length: 1"), want: moved(308, "https://main.test/t1?case={case}")},
		{clause: "T1", name: "came as http for an alias", from: proxy, request: get("www.main.test", "/t1", "X-Forwarded-Proto: http"), want: moved(301, "https://main.test/t1?case={case}")},
		{clause: "T1", name: "came as https for an alias", from: proxy, request: get("www.main.test", "/t1", "X-Forwarded-Proto: https"), want: moved(301, "https://main.test/t1?case={case}")},
		{clause: "T1", name: "a proxy that says nothing has ended TLS", from: proxy, request: get("main.test", "/t1"), want: served(proxy, "https")},
		{clause: "T1", name: "a proxy that says nonsense has ended TLS", from: proxy, request: get("main.test", "/t1", "X-Forwarded-Proto: gopher"), want: served(proxy, "https")},
		{clause: "T1", name: "a stranger is served, without a loop", from: stranger, request: get("main.test", "/t1"), want: served(stranger, "http")},
		{clause: "T1", name: "a stranger's word counts for nothing", from: stranger, request: get("main.test", "/t1", "X-Forwarded-Proto: https", "X-Forwarded-For: 6.6.6.6"), want: served(stranger, "http")},
		{clause: "T1", name: "a stranger who says http is served", from: stranger, request: get("main.test", "/t1", "X-Forwarded-Proto: http"), want: served(stranger, "http")},
		{clause: "T1", name: "a stranger at an alias", from: stranger, request: get("www.main.test:8080", "/t1?q"), want: moved(301, "http://main.test:8080/t1?q&case={case}")},
		{clause: "T1", name: "a stranger at an alias without a port", from: stranger, request: ask("POST", "www.main.test", "/t1", "", "Content-Length: 0"), want: moved(308, "http://main.test/t1?case={case}")},
		{clause: "T1", name: "a host that no site claims", from: stranger, request: get("nobody.test", "/t1"), want: want{status: 421, reaches: never}},
		{clause: "T1", name: "a PROXY header", from: proxy, request: "PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n" + get("main.test", "/t1", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: http"), want: served("198.51.100.7", "https")},
		{clause: "T1", name: "a PROXY header of version 2", from: proxy, request: v2 + get("main.test", "/t1"), want: served("198.51.100.7", "https")},
		{clause: "T1", name: "a PROXY header that names a proxy", from: proxy, request: "PROXY TCP4 127.0.0.10 127.0.0.1 40000 443\r\n" + get("main.test", "/t1", "X-Forwarded-For: 198.51.100.9", "X-Forwarded-Proto: http"), want: moved(301, "https://main.test/t1?case={case}")},
		{clause: "T1", name: "a PROXY header over IPv6", from: proxy, request: "PROXY TCP6 2001:db9::7 ::1 40000 443\r\n" + get("main.test", "/t1"), want: served("2001:db9::7", "https")},
		{clause: "T1", name: "a PROXY header that names nobody", from: proxy, request: nobody + get("main.test", "/t1"), want: served(proxy, "https")},
		{clause: "T1", name: "a stranger's PROXY header is no request", from: stranger, request: "PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n" + get("main.test", "/t1"), want: want{status: 400, reaches: never, closes: true, bare: true}},
	}
	for i := range cases {
		cases[i].behind = true
	}
	return cases
}
