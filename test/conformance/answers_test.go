package conformance

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
)

// answerCases are odd answers of apps that a client is to get as they are (E2).
func answerCases() []contractCase {
	const text = "abcdefghijklmnopqrstuvwxyz"
	zipped := zip("one\n") + zip("two\n")
	many := make([]string, 400)
	for i := range many {
		many[i] = "X-Many: 1"
	}
	passes := func(name, target, status string, lines ...string) contractCase {
		headers := map[string]string{}
		for _, line := range lines {
			key, value, _ := strings.Cut(line, ": ")
			headers[key] = value
		}
		code := map[string]int{"200 OK": 200, "206 Partial Content": 206, "416 Range Not Satisfiable": 416}[status]
		return contractCase{clause: "E2", name: name, request: get("main.test", target), answer: say(pageOf(status, text, lines...)),
			want: want{status: code, body: text, headers: headers, reaches: 1}}
	}
	coded := func(name, target, body string) contractCase {
		return contractCase{clause: "E2", name: name, request: get("main.test", target, "Accept-Encoding: gzip"), answer: say(page(body, "Content-Encoding: gzip")),
			want: want{status: 200, body: body, headers: map[string]string{"Content-Encoding": "gzip"}}}
	}
	// Varnish counts the characters of a name in Vary, and the colon, in seven bits.
	varies := func(length int, cache string) contractCase {
		name := strings.Repeat("V", length)
		return contractCase{clause: "E2", caches: true, name: fmt.Sprintf("Vary with a name of %d characters", length), run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(page(text, "Vary: Accept, "+name)))
			a.check(a.ask(get("main.test", "/ttl")), want{status: 200, body: text, headers: map[string]string{"Vary": "Accept, " + name}})
			a.check(a.ask(get("main.test", "/ttl")), want{status: 200, body: text, headers: map[string]string{"Vary": "Accept, " + name, "X-Cache": cache}})
		}}
	}
	return []contractCase{
		varies(126, "HIT"), varies(127, "~MISS|PASS"), varies(128, "~MISS|PASS"), varies(300, "~MISS|PASS"),
		passes("a page of posts", "/", "200 OK", "Content-Range: posts 0-24/319"),
		passes("a page of posts that may be stored", "/ttl", "200 OK", "Content-Range: posts 0-24/319"),
		passes("a range of bytes that nobody asked for", "/", "200 OK", "Content-Range: bytes 0-1/2"),
		passes("a range that nobody asked for", "/", "206 Partial Content", "Content-Range: bytes 0-25/100"),
		passes("a range that nobody asked for, where it might be stored", "/ttl", "206 Partial Content", "Content-Range: bytes 0-25/100"),
		passes("no range of items", "/", "416 Range Not Satisfiable", "Content-Range: items */10"),
		passes("a range that is none", "/", "200 OK", "Content-Range: bytes 5-2/10"),
		passes("a range that is empty", "/", "200 OK", "Content-Range: "),
		passes("a range of numbers too long", "/", "200 OK", "Content-Range: bytes 0-99999999999999999999/1"),
		{clause: "E2", name: "a range of unknown length", request: get("main.test", "/", "Range: bytes=2-5", "Cookie: past=cache"),
			answer: say(pageOf("206 Partial Content", "cdef", "Content-Range: bytes 2-5/*")),
			want:   want{status: 206, body: "cdef", headers: map[string]string{"Content-Range": "bytes 2-5/*"}, sees: map[string]string{"Range": "bytes=2-5"}}},
		{clause: "E2", name: "another range than the one asked for", request: get("main.test", "/", "Range: bytes=2-5", "Cookie: past=cache"),
			answer: say(pageOf("206 Partial Content", "ab", "Content-Range: bytes 0-1/26")),
			want:   want{status: 206, body: "ab", headers: map[string]string{"Content-Range": "bytes 0-1/26"}}},
		{clause: "E2", name: "the whole for a range", request: get("main.test", "/", "Range: bytes=2-5", "Cookie: past=cache"),
			answer: say(page(text)), want: want{status: 200, body: text, headers: map[string]string{"Content-Range": ""}}},
		{clause: "E2", name: "a range of posts that is asked for", request: get("main.test", "/", "Range: posts=0-24", "Cookie: past=cache"),
			answer: say(pageOf("206 Partial Content", text, "Content-Range: posts 0-24/319")),
			want:   want{status: 206, body: text, headers: map[string]string{"Content-Range": "posts 0-24/319"}, sees: map[string]string{"Range": "posts=0-24"}}},
		{clause: "E2", name: "several ranges of an app's", request: get("main.test", "/", "Range: bytes=0-1,4-5", "Cookie: past=cache"),
			answer: say(pageOf("206 Partial Content", "--x\r\n\r\nab\r\n--x--\r\n", "Content-Type: multipart/byteranges; boundary=x")),
			want:   want{status: 206, body: "--x\r\n\r\nab\r\n--x--\r\n", sees: map[string]string{"Range": "bytes=0-1,4-5"}}},
		{clause: "E2", name: "a range of what is stored with a range of its own", caches: true, run: rangeOfOddRange},

		coded("gzip of two members", "/", zipped),
		coded("gzip of two members that is stored", "/ttl", zipped),
		coded("gzip that is none", "/", "plain text\n"),
		coded("gzip that is none and is stored", "/ttl", "plain text\n"),
		coded("gzip that breaks off", "/", zipped[:len(zipped)-3]),
		{clause: "E2", name: "400 header lines", request: get("main.test", "/"), answer: say(page("x", many...)),
			want: want{status: 200, body: "x", headers: map[string]string{"X-Many": strings.TrimSuffix(strings.Repeat("1, ", 400), ", ")}}},
		{clause: "E5", name: "600 header lines of an app", request: get("main.test", "/"), answer: say(page("x", append(many, many[:200]...)...)),
			want: want{status: 502, body: "502 Bad Gateway\n"}},
	}
}

// rangeOfOddRange: what the app said of a range is not said of another.
func rangeOfOddRange(a *attempt) {
	a.edge.record.answer(a.mark, say(page(letters, "Content-Range: posts 0-24/319")))
	a.check(a.ask(get("main.test", "/ttl")), want{status: 200, body: letters, headers: map[string]string{"X-Cache": "MISS", "Content-Range": "posts 0-24/319"}})
	a.check(a.ask(get("main.test", "/ttl")), want{status: 200, body: letters, headers: map[string]string{"X-Cache": "HIT", "Content-Range": "posts 0-24/319"}})
	a.check(a.ask(get("main.test", "/ttl", "Range: bytes=2-3")),
		want{status: 206, body: "cd", headers: map[string]string{"X-Cache": "HIT", "Content-Range": "bytes 2-3/26"}})
	a.check(a.ask(get("main.test", "/ttl", "Range: bytes=99-")), want{status: 416, headers: map[string]string{"Content-Range": "bytes */26"}})
}

func zip(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text)) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.String()
}
