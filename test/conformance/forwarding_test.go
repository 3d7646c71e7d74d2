package conformance

import (
	"encoding/json"
	"strings"
	"time"
)

// forwardingCases are F1, F3 and F5: what reaches an app.
func forwardingCases() []contractCase {
	client := func(address string) map[string]string {
		return map[string]string{"X-Forwarded-For": address, "X-Real-Ip": address, "X-Forwarded-Proto": "https",
			"X-Forwarded-Host": "main.test", "Host": "main.test"}
	}
	cases := []contractCase{
		{clause: "F1", name: "the client's address", from: "127.0.0.2", request: get("main.test", "/"),
			want: want{status: 200, reaches: 1, sees: client("127.0.0.2")}},
		{clause: "F1", name: "another client's address", from: "127.0.0.77", request: get("main.test", "/"),
			want: want{status: 200, reaches: 1, sees: client("127.0.0.77")}},
		{clause: "F1", name: "an IPv6 client", run: fromIPv6},
		{clause: "F1", name: "POST with a body", from: "127.0.0.2", request: ask("POST", "main.test", "/", "a=1&b=2", "Content-Length: 7"),
			want: want{status: 200, reaches: 1, sees: client("127.0.0.2")}},
		{clause: "F1", name: "a body arrives whole", run: bodyWhole("Content-Length: 65536", strings.Repeat("x", 65536))},
		{clause: "F1", name: "a chunked body arrives whole", run: bodyWhole("Transfer-Encoding: chunked", "5\r\nhello\r\n06\r\n world\r\n0\r\n\r\n")},
		{clause: "F1", name: "chunk extensions are ignored", run: bodyWhole("Transfer-Encoding: chunked", "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
			differs: "varnish-chunk-extensions", observed: "no answer"},
		{clause: "F1", name: "every method passes", run: everyMethod},
		{clause: "F1", name: "the target as the client sent it", run: targetUnchanged},
		{clause: "F1", name: "the host with its port", request: get("main.test:{https}", "/"),
			want: want{status: 200, sees: map[string]string{"Host": "main.test:{https}", "X-Forwarded-Host": "main.test:{https}"}}},
		{clause: "F1", name: "a backend on a Unix socket", from: "127.0.0.2", request: get("main.test", "/local"),
			want: want{status: 200, body: "app unix\n", sees: client("127.0.0.2")}},
		{clause: "F1", name: "behind files", from: "127.0.0.2", request: get("files.test", "/both/no"),
			want: want{status: 200, reaches: 1, sees: map[string]string{"X-Forwarded-For": "127.0.0.2", "X-Forwarded-Proto": "https", "Host": "files.test"}}},
		{clause: "F1", name: "two servers take turns", run: roundRobin},
		{clause: "F1", name: "headers with odd values pass", request: get("main.test", "/", `X-Odd: a;b="c", d\e {f} $g %h`, "X_Underscore: u", "X-Empty:"),
			want: want{status: 200, sees: map[string]string{"X-Odd": `a;b="c", d\e {f} $g %h`, "X_underscore": "u"}}},
		{clause: "F1", name: "the query with a second question mark", run: func(a *attempt) {
			a.check(a.ask("GET /p?a=?&b=/../&case={case} HTTP/1.1\r\nHost: main.test\r\n\r\n"), want{status: 200, reaches: 1})
			a.compare("target", a.last().target, "/p?a=?&b=/../&case={case}")
		}},
		{clause: "F1", name: "request rules", request: get("main.test", "/rules", "X-Debug: 1", "Accept-Language: de", "X-Quote: mine"),
			want: want{status: 200, sees: map[string]string{"X-Debug": "", "Accept-Language": "",
				"X-Quote": `say "hi" $uri ; {x}`, "X-Dollar": `$host ${http_host} ~ # ' \`}}},
		{clause: "F1", name: "response rules", request: get("main.test", "/rules"),
			answer: say(page("x", "X-Powered-By: PHP", "X-Internal: 1", "X-Internal: 2", "X-Frame-Options: ALLOW", "X-Kept: yes")),
			want: want{status: 200, headers: map[string]string{"X-Internal": "", "X-Frame-Options": "DENY", "X-Kept": "yes",
				"Content-Security-Policy": `default-src 'self'; img-src "x" $host # no comment`}}},
		{clause: "F1", name: "request rules that add", request: get("main.test", "/rules", "X-List: one", "X-Lines: 1", "X-Lines: 2"),
			want: want{status: 200, sees: map[string]string{"X-List": "one,more, $x", "X-Lines": "1,2,3"}}},
		{clause: "F1", name: "request rules that add to nothing", request: get("main.test", "/rules"),
			want: want{status: 200, sees: map[string]string{"X-List": "more, $x", "X-Lines": "3"}}},
		{clause: "F1", name: "response rules that add", request: get("main.test", "/rules"), answer: say(page("x", "X-Lines: 1", "X-Lines: 2")),
			want: want{status: 200, headers: map[string]string{"X-List": "more", "X-Lines": "1,2,3"}}},
		{clause: "F1", name: "a route matches whole segments", request: get("main.test", "/rulesx", "X-Debug: 1"),
			want: want{status: 200, sees: map[string]string{"X-Debug": "1", "X-Quote": ""}}},
		{clause: "F1", name: "a route matches the decoded path", request: get("main.test", "/r%75les/x", "X-Debug: 1"),
			want: want{status: 200, sees: map[string]string{"X-Debug": ""}}},
		{clause: "F1", name: "no route: 404", request: get("partial.test", "/elsewhere"), want: want{status: 404, body: "404 Not Found\n", reaches: never}},
		{clause: "F1", name: "several Set-Cookie lines pass", request: get("main.test", "/"),
			answer: say(page("x", "Set-Cookie: a=1", "Set-Cookie: b=2; Path=/")),
			want:   want{status: 200, headers: map[string]string{"Set-Cookie": "a=1, b=2; Path=/"}}},
		{clause: "F1", name: "several Cookie lines pass", request: get("main.test", "/", "Cookie: a=1", "Cookie: b=2"),
			want: want{status: 200, sees: map[string]string{"Cookie": "~^a=1[;,] ?b=2$"}}},

		{clause: "F3", name: "hop-by-hop request headers", request: get("main.test", "/", "Connection: close, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5",
			"Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eDp5", "TE: trailers", "Trailer: X-T", "Upgrade: h2c"),
			want: want{status: 200, closes: true, sees: map[string]string{"X-Hop": "", "Keep-Alive": "", "Proxy-Connection": "",
				"Proxy-Authorization": "", "Te": "", "Trailer": "", "Upgrade": ""}}},
		{clause: "F3", name: "hop-by-hop response headers", request: get("main.test", "/"),
			answer: say(page("x", "Connection: keep-alive", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
				"Proxy-Authenticate: Basic", "Upgrade: h2c", "Trailer: X-T")),
			want: want{status: 200, headers: map[string]string{"Keep-Alive": "", "Proxy-Connection": "",
				"Proxy-Authenticate": "", "Upgrade": "", "Trailer": ""}}},
		{clause: "F3", name: "trailers of an answer", run: func(a *attempt) {
			a.edge.record.answer(a.mark, say("HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"))
			if got := a.ask(get("main.test", "/")); got.status != 200 || got.body != "abc" || len(got.trailer) > 0 {
				a.errorf("%d %q, trailers %v", got.status, got.body, got.trailer)
			}
		}},
		{clause: "F3", name: "response headers that Connection names", request: get("main.test", "/"), answer: say(page("x", "Connection: X-Hop", "X-Hop: 1")),
			want: want{status: 200, headers: map[string]string{"X-Hop": ""}}, differs: "nginx-named-by-connection", observed: "X-Hop is"},
		{clause: "F3", name: "Connection cannot name what the edge sets", run: namedByConnection},

		{clause: "F5", name: "made for each request", run: requestIDs},
		{clause: "F5", name: "a client's is dropped", request: get("main.test", "/", "X-Request-Id: forged-{case}"),
			want: want{sees: map[string]string{"X-Request-Id": "~^[A-Za-z0-9-]{16,}$"}}},
		{clause: "F5", name: "a client's is not even part of it", run: func(a *attempt) {
			a.ask(get("main.test", "/", "X-Request-Id: forged"))
			if strings.Contains(a.last().head, "forged") {
				a.errorf("the backend sees %q", a.last().head)
			}
		}},
		{clause: "F5", name: "kept from a trusted peer", from: "127.0.0.9", request: get("main.test", "/", "X-Request-Id: kept-{case}"),
			want: want{sees: map[string]string{"X-Request-Id": "kept-{case}"}}},
		{clause: "F5", name: "nonsense from a trusted peer is replaced", from: "127.0.0.9", request: get("main.test", "/", `X-Request-Id: a "b" {c}`),
			want: want{sees: map[string]string{"X-Request-Id": "~^[A-Za-z0-9-]{16,}$"}}},
		{clause: "F5", name: "in the access log", run: logged(get("main.test", "/logged"), "127.0.0.3", "127.0.0.3")},
		{clause: "F5", name: "in the access log of a handshake", run: logged(handshake("main.test", "/ws"), "127.0.0.4", "127.0.0.4")},
		{clause: "F5", name: "the log names whom a trusted peer served", run: logged(get("main.test", "/", "X-Forwarded-For: 198.51.100.7"), "127.0.0.9", "198.51.100.7")},
	}
	return cases
}

func fromIPv6(a *attempt) {
	if a.edge.https6 == "" {
		return // the machine has no IPv6
	}
	over6 := *a.edge
	over6.https = over6.https6
	a.edge = &over6
	a.check(a.askFrom("", get("main.test", "/")), want{status: 200, sees: map[string]string{"X-Forwarded-For": "::1", "X-Real-Ip": "::1"}})
}

func bodyWhole(framing, body string) func(*attempt) {
	return func(a *attempt) {
		a.check(a.ask(ask("POST", "main.test", "/upload", body, framing)), want{status: 200, reaches: 1})
		if _, chunked := strings.CutPrefix(framing, "Transfer"); chunked {
			body = "hello world"
		}
		if got := a.last().body; got != body {
			a.errorf("the backend got %d bytes, want %d", len(got), len(body))
		}
	}
}

func everyMethod(a *attempt) {
	for i, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		a.check(a.ask(ask(method, "main.test", "/method/"+method, "", "Content-Length: 0", "Cookie: past=cache")), want{status: 200, reaches: i + 1})
		a.compare("method", a.last().method, method)
	}
}

// targetUnchanged holds that neither encodings nor slashes are touched.
func targetUnchanged(a *attempt) {
	for _, path := range []string{"/a//b///c", "/%41%2f%2F%3f%25", "/a;b=c/(d)!~*',+@:&=$", "/\u00e4", "/with%20space+plus", "/%E2%82%AC", "/trailing/", "/"} {
		a.check(a.ask(get("main.test", path)), want{status: 200})
		a.compare("target", a.last().target, path+"?case={case}")
	}
}

func roundRobin(a *attempt) {
	count := map[string]int{}
	for range 8 {
		a.check(a.ask(get("main.test", "/pair")), want{status: 200})
		count[a.last().backend]++
	}
	// Other cases take turns too, so that the halves need not be equal.
	if count["one"] < 2 || count["two"] < 2 {
		a.errorf("the servers were asked %v times", count)
	}
}

func requestIDs(a *attempt) {
	seen := map[string]bool{}
	c := a.open("main.test")
	for range 3 {
		c.send(get("main.test", "/"))
		c.read("GET")
		id := a.last().header.Get("X-Request-Id")
		if len(id) < 16 || seen[id] {
			a.errorf("id %q after %v", id, seen)
		}
		seen[id] = true
	}
}

// logged holds that the access log has the id that the backend saw, and the
// client.
func logged(request, from, client string) func(*attempt) {
	return func(a *attempt) {
		got := a.askFrom(from, request)
		if got.status != 200 && got.status != 101 && got.status != 404 {
			a.errorf("status %d", got.status)
		}
		id := a.last().header.Get("X-Request-Id")
		deadline := time.Now().Add(patience)
		for time.Now().Before(deadline) {
			for _, line := range a.linesBefore() {
				var entry struct{ ID, Client string }
				if json.Unmarshal([]byte(line), &entry) == nil && entry.ID == id {
					a.compare("client", entry.Client, client)
					return
				}
			}
			time.Sleep(20 * time.Millisecond) // between two looks
		}
		a.errorf("the access log has no %s", id)
	}
}

// namedByConnection: such a request is refused, or forwarded with them all.
func namedByConnection(a *attempt) {
	got := a.askFrom("127.0.0.2", get("main.test", "/", "Connection: X-Forwarded-For, X-Real-IP, X-Request-Id, X-Forwarded-Proto"))
	if got.status == 400 && len(a.seen()) == 0 {
		return
	}
	a.check(got, want{status: 200, sees: map[string]string{"X-Forwarded-For": "127.0.0.2", "X-Real-Ip": "127.0.0.2", "X-Request-Id": "~.", "X-Forwarded-Proto": "https"}})
}
