package conformance

import (
	"slices"
	"strings"
)

// routeCases are M2: which route a request takes.
func routeCases() []contractCase {
	return slices.Concat(pathCases(), patternCases(), queryCases(), fieldCases(), variantCases())
}

// takes holds that a request takes a route, which names itself in its answers.
func takes(name, route, request string) contractCase {
	return contractCase{clause: "M2", name: name, request: request, want: want{headers: map[string]string{"X-Route": route}}}
}

func pathCases() []contractCase {
	path := func(name, route, target string) contractCase { return takes(name, route, get("routes.test", target)) }
	return []contractCase{
		path("a regular expression goes before a path", "user", "/u/5"),
		path("an exact path goes before a regular expression", "exact", "/u/7"),
		path("the first expression that is written and fits", "user", "/u/42"),
		path("another expression", "users", "/u/42x"),
		path("a path where no expression fits", "rest", "/x/u/5"),
		path("an exact path has nothing below it", "users", "/u/7/"),
		path("an exact path with its slash", "slash", "/dir/"),
		path("an exact path without its slash", "rest", "/dir"),
		path("the front page", "front", "/"),
		path("the front page, by several slashes", "front", "//"),
		path("an exact path that is encoded", "exact", "/%75/%37"),
		path("an expression sees the decoded path", "user", "/u/%34%32"),
		path("an expression sees slashes merged", "user", "//u///42"),
		path("an encoded slash is a slash", "user", "/u%2F42"),
		path("the query is no part of it", "user", "/u/42?/x"),
		path("what walks is nobody's", "", "/u/../u/42"),
		path("what walks, encoded", "", "/u/%2e%2e%2f42"),
		{clause: "M2", name: "the app sees what the client sent", request: get("routes.test", "/u/%34%32"), run: func(a *attempt) {
			a.check(a.ask(get("routes.test", "/u/%34%32")), want{status: 200, body: "app app\n", sees: map[string]string{"X-Stage": "user"}})
			if target := a.last().target; !strings.HasPrefix(target, "/u/%34%32?") {
				a.errorf("the app saw %q", target)
			}
		}},
		{clause: "M2", name: "files by an expression", request: get("routes.test", "/files/a/b.txt"),
			want: want{status: 200, body: letters, reaches: never, headers: map[string]string{"X-Route": "text"}}},
		{clause: "M2", name: "files by an expression, for another method", request: ask("POST", "routes.test", "/files/b.txt", "", "Content-Length: 0"),
			want: want{status: 405, reaches: never, headers: map[string]string{"X-Route": "text", "Allow": "GET, HEAD"}}},
		{clause: "W1", name: "a WebSocket on a regular expression", request: handshake("routes.test", "/u/42"),
			want: want{reaches: 1, bare: true, sees: map[string]string{"X-Stage": "user", "Upgrade": "websocket"}}},
		{clause: "W4", name: "a handshake where another expression fits", request: handshake("routes.test", "/u/x"),
			want: want{status: 200, reaches: 1, sees: map[string]string{"Upgrade": ""}}},
		{clause: "H2", name: "an alias of a site with expressions", request: get("www.routes.test", "/u/5"), want: want{status: 301, reaches: never}},
	}
}

// patternCases are what RE2 and PCRE2 could take for different things.
func patternCases() []contractCase {
	path := func(name, route, target string) contractCase {
		return takes("an expression: "+name, route, get("routes.test", target))
	}
	long := func(n int, unit, end string) string { return "/far/" + strings.Repeat(unit, n/len(unit)) + end }
	return []contractCase{
		path("a word", "word", "/word/ab1.x"), path("a word of no ASCII", "rest", "/word/a%c3%a4.x"), path("a word, an underscore", "rest", "/word/a_.x"),
		path("a space behind a word", "rest", "/word/ab.%20"), path("a vertical tab behind a word", "word", "/word/ab.%0b"),
		path("folded", "folded", "/fOLDED/k"), path("folded, not by Unicode", "rest", "/folded/%e2%84%aa"), path("folded, not by Latin-1", "rest", "/folded/%ea"),
		path("a line", "line", "/line/abc"), path("a line end behind it", "rest", "/line/abc%0a"), path("a line end in it", "rest", "/line/ab%0ac"), path("a carriage return behind it", "rest", "/line/abc%0d"),
		path("two bytes", "byte", "/byte/ab"), path("a character of two bytes", "byte", "/byte/%c3%a4"), path("two characters of two bytes", "rest", "/byte/%c3%a4%c3%a4"),
		path("two bytes that are no UTF-8", "byte", "/byte/%ff%fe"), path("a line end for a byte", "byte", "/byte/a%0a"),
		path("two repetitions", "far", "/far/a/b/c.html"),
		path("two repetitions, with much to try", "rest", long(2000, "/.html", "l")),
		path("two repetitions, with more to try", "rest", long(2000, "/.html.html.html.htm", "/l")),
		{clause: "M2", name: "an expression: a long path", request: get("routes.test", long(2048, "a", "")), want: want{status: 414, body: "414 URI Too Long\n", reaches: never}},
		{clause: "M2", name: "an expression: the longest path", request: get("routes.test", "/"+strings.Repeat("%61", 2047)), want: want{status: 200, reaches: 1}},
		{clause: "M2", name: "a long path where no route is an expression", request: get("main.test", "/"+strings.Repeat("a", 3000)), want: want{status: 200, reaches: 1}},
	}
}

func queryCases() []contractCase {
	path := func(name, route, target string) contractCase {
		return takes("by the query: "+name, route, get("routes.test", target))
	}
	return []contractCase{
		takes("by the method", "write", ask("POST", "routes.test", "/api", "", "Content-Length: 0")),
		takes("by another method", "write", ask("PUT", "routes.test", "/api?v=2", "", "Content-Length: 0")),
		takes("by GET without HEAD", "got", get("routes.test", "/api?got=1")),
		takes("by HEAD, which GET does not bring along", "rest", ask("HEAD", "routes.test", "/api?got=1", "")),
		takes("by no method", "rest", ask("DELETE", "routes.test", "/api", "")),
		path("nothing", "rest", "/api/x"), path("one", "two", "/api?v=2"), path("one of several", "two", "/api?a=1&v=2&b"), path("repeated", "two", "/api?v=1&v=2"),
		path("another value", "rest", "/api?v=22"), path("another name", "rest", "/api?vv=2"), path("another case", "rest", "/api?V=2"),
		path("an encoded name", "two", "/api?%76=2"), path("an encoded value", "two", "/api?v=%32"), path("both in all ways", "both", "/api?%61+%62=x%3d%26%79&v=2"),
		path("a space as %20", "both", "/api?a%20b=x=%26y&v=2"), path("a value that is cut", "two", "/api?a+b=x=&y&v=2"),
		path("in the path", "rest", "/api/&v=2"), path("in the path, before a query", "rest", "/api/&v=2?x"), path("behind a second question mark", "rest", "/api?x?v=2"),
		path("a beginning", "begin", "/api?q=beginning"), path("a beginning, encoded", "begin", "/api?q=%62egin"), path("no beginning", "rest", "/api?q=a+begin"),
		path("a broken escape", "rest", "/api?v=%2"), path("a broken escape behind a beginning", "begin", "/api?q=begin%"),
		path("empty", "flag", "/api?flag="), path("without a sign", "flag", "/api?flag"), path("not empty", "rest", "/api?flag=1"),
		path("any value", "any", "/api?any=x"), path("any value, without one", "any", "/api?any"), path("any value of another name", "rest", "/api?anyone=x"),
	}
}

func fieldCases() []contractCase {
	field := func(name, route string, lines ...string) contractCase {
		return takes("by a field: "+name, route, get("routes.test", "/beta/x", lines...))
	}
	globs := func(name, route, changed string) contractCase {
		lines := []string{"X-Stage: preview", "Accept-Language: en, de;q=0.5", "X-End: the end", "Cookie: a=b", "X-Comma: a", "X-Comma: b"}
		key, _, _ := strings.Cut(changed, ":")
		lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, key+":") })
		return field(name, route, append(lines, strings.TrimSuffix(changed, ": -"))...)
	}
	return []contractCase{
		field("none", "plain"), field("the value", "beta", "X-Beta: 1"), field("in another case", "beta", "x-bETA: 1"), field("another value", "plain", "X-Beta: 11"),
		field("twice", "plain", "X-Beta: 1", "X-Beta: 1"), field("twice, the other one", "plain", "X-Beta: 0", "X-Beta: 1"), field("empty", "plain", "X-Beta:"),
		globs("parts of values", "globs", "X-Stage: pre"), globs("another beginning", "plain", "X-Stage: apre"), globs("another end", "plain", "X-End: end."),
		globs("another middle", "plain", "Accept-Language: en"), globs("a list in one line", "globs", "X-Comma: a, b"), globs("a list in another order", "plain", "X-Comma: b, a"),
		globs("an empty field where any will do", "globs", "Cookie: x"),
		takes("by a field: a shorter path where none fits", "plain", get("routes.test", "/beta/only")),
		takes("by a field: it is there", "only", get("routes.test", "/beta/only", "X-Beta: 0")),
		{clause: "E3", name: "methods of a route that is taken by a field", request: ask("POST", "routes.test", "/beta/only", "", "X-Beta: 0", "Content-Length: 0"),
			want: want{status: 405, reaches: never, headers: map[string]string{"Allow": "GET, HEAD"}}},
		takes("by a field: HEAD where GET is taken", "only", ask("HEAD", "routes.test", "/beta/only", "", "X-Beta: 0")),
		{clause: "W1", name: "a WebSocket by a field", request: handshake("routes.test", "/beta", "X-Beta: 1"), want: want{reaches: 1, bare: true, sees: map[string]string{"Upgrade": "websocket"}}},
		{clause: "W4", name: "a handshake without that field", request: handshake("routes.test", "/beta"), want: want{reaches: 1, sees: map[string]string{"Upgrade": ""}}},
	}
}

// variantCases hold that what one route has answered is not given for another.
func variantCases() []contractCase {
	asks := func(a *attempt, route, verdict string, lines ...string) {
		a.check(a.ask(get("routes.test", "/beta", lines...)), want{status: 200, headers: map[string]string{"X-Route": route, "X-Cache": verdict}})
	}
	return []contractCase{
		{clause: "M2", name: "routes of one URL share no stored answer", caches: true, run: func(a *attempt) {
			asks(a, "beta", "MISS", "X-Beta: 1")
			asks(a, "plain", "MISS")
			asks(a, "beta", "HIT", "X-Beta: 1")
			asks(a, "plain", "HIT")
		}},
		{clause: "K1", name: "what a request changes, it changes for all routes of its URL", caches: true, run: func(a *attempt) {
			asks(a, "beta", "MISS", "X-Beta: 1")
			asks(a, "plain", "MISS")
			a.check(a.ask(ask("POST", "routes.test", "/beta", "", "Content-Length: 0")), want{status: 200})
			asks(a, "beta", "MISS", "X-Beta: 1")
			asks(a, "plain", "MISS")
		}},
	}
}
