package conformance

import "strings"

// uncachedCases are T2: the cache tier is left out.
func uncachedCases() []contractCase {
	pass := map[string]string{"X-Cache": "PASS", "Age": ""}
	return []contractCase{
		{clause: "T2", uncached: true, name: "nothing is stored that says it may be", run: askedEachTime("/", "Cache-Control: max-age=60")},
		{clause: "T2", uncached: true, name: "nor by a route's ttl", run: askedEachTime("/ttl")},
		{clause: "T2", uncached: true, name: "a file passes", request: get("files.test", "/letters.txt"), want: want{status: 200, headers: pass, reaches: never}},
		{clause: "T2", uncached: true, name: "a condition reaches the app", request: get("main.test", "/", `If-None-Match: "x"`), want: want{status: 200, headers: pass, sees: map[string]string{"If-None-Match": `"x"`}}},
		{clause: "T2", uncached: true, name: "so does a range", request: get("main.test", "/", "Range: bytes=1-2"), want: want{status: 200, headers: pass, sees: map[string]string{"Range": "bytes=1-2"}}},
		{clause: "T2", uncached: true, name: "an Age of the app's own stays", answer: with200("Age: 7"), request: get("main.test", "/"), want: want{status: 200, headers: map[string]string{"X-Cache": "PASS", "Age": "7"}}},
		{clause: "T2", uncached: true, name: "an error", request: get("main.test", "/dead"), want: want{headers: pass}},
	}
}

// with200 answers with some header lines.
func with200(lines ...string) func(*exchange) {
	return func(x *exchange) {
		x.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\nok")
	}
}

// askedEachTime asks twice for what might be stored.
func askedEachTime(target string, lines ...string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, with200(append(lines, "X-Made: here")...))
		for i := range 2 {
			a.check(a.ask(get("main.test", target)), want{status: 200, reaches: i + 1, headers: map[string]string{"X-Cache": "PASS", "X-Made": "here"}})
		}
	}
}
