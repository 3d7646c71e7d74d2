package conformance

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// words is what is compressed: a text of more than 1 KiB.
var words = strings.Repeat("a text with many words of few kinds, ", 60)

// codingCases are Z1: answers that are compressed on the way. The routes of
// packed.test compress, "/gzip" text alone, by gzip, from ten bytes on.
func codingCases() []contractCase {
	const text, tag, fresh = "Content-Type: text/plain", `ETag: "v1"`, "Cache-Control: max-age=60"
	untouched := func(name, request, answer string, status int) contractCase {
		return contractCase{clause: "Z1", name: name, run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(answer))
			got := a.ask(request)
			a.check(got, want{status: status, reaches: 1})
			_, sent, _ := strings.Cut(answer, "\r\n\r\n")
			if strings.HasPrefix(request, "HEAD") {
				sent = ""
			}
			head, body := parsed(answer), got.body
			if got.header.Get("Content-Encoding") != head.Get("Content-Encoding") || got.header.Get("ETag") != head.Get("ETag") || body != sent {
				a.errorf("Content-Encoding %q, ETag %q, %d bytes", got.header.Get("Content-Encoding"), got.header.Get("ETag"), len(body))
			}
		}}
	}
	gzip := "Accept-Encoding: gzip"
	return []contractCase{
		{clause: "Z1", name: "by the weights of Accept-Encoding", run: weighed},
		{clause: "Z1", name: "the app is not told of codings", request: get("packed.test", "/", gzip, "Cookie: a=1"), answer: say(page("x")),
			want: want{status: 200, sees: map[string]string{"Accept-Encoding": ""}}},
		untouched("no-transform", get("packed.test", "/", gzip), page(words, text, tag, "Cache-Control: max-age=60, No-Transform"), 200),
		untouched("a picture", get("packed.test", "/", gzip), page(words, "Content-Type: image/png", tag), 200),
		untouched("no type", get("packed.test", "/", gzip), page(words, tag), 200),
		untouched("a type that the route does not name", get("packed.test", "/gzip", gzip), page(words, "Content-Type: text/html", tag), 200),
		untouched("a coding that the route does not name", get("packed.test", "/gzip", "Accept-Encoding: br"), page(words, text, tag), 200),
		untouched("a short answer", get("packed.test", "/", gzip), page(words[:1023], text, tag), 200),
		untouched("an app's own coding", get("packed.test", "/", gzip), page(zip(words), text, tag, "Content-Encoding: gzip"), 200),
		untouched("an app's own coding, which is none", get("packed.test", "/", gzip), page(words, text, tag, "Content-Encoding: gzip"), 200),
		untouched("an app's own coding, to be stored", get("packed.test", "/", gzip), page(zip(words)+zip("more"), text, tag, "Content-Encoding: gzip", fresh), 200),
		untouched("a part", ask("POST", "packed.test", "/", "", "Content-Length: 0", gzip), pageOf("206 Part", words, text, tag, "Content-Range: bytes 0-2219/5000"), 206),
		untouched("no content", get("packed.test", "/", gzip), "HTTP/1.1 204 No Content\r\n"+tag+"\r\n\r\n", 204),
		untouched("a range is asked for, and the whole comes", get("packed.test", "/", gzip, "Range: bytes=0-9", "Cookie: a=1"), page(words, text, tag), 200),
		{clause: "Z1", name: "an error", run: coded("gzip", get("packed.test", "/", gzip), pageOf("500 Oops", words, text, tag), nil)},
		{clause: "Z1", name: "a length that is the least", run: coded("gzip", get("packed.test", "/gzip", gzip), page(words[:10], "Content-Type: Text/PLAIN;charset=utf-8", tag), nil)},
		{clause: "Z1", name: "an unknown length", run: coded("br", get("packed.test", "/", "Accept-Encoding: br"), chunkedHead+"3\r\nabc\r\n0\r\n\r\n", nil)},
		{clause: "Z1", name: "an app that adds to Vary", run: coded("zstd", get("packed.test", "/", "Accept-Encoding: zstd"), page(words, text, tag, "Vary: X-Kind"), nil)},
		{clause: "Z1", name: "HEAD", run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(page(words, text, tag)))
			a.check(a.ask(ask("HEAD", "packed.test", "/", "", gzip)), want{status: 200, headers: map[string]string{"Content-Encoding": "gzip", "ETag": `W/"v1"`, "Content-Length": "", "Vary": "Accept-Encoding"}})
		}},
		{clause: "Z1", name: "what breaks off", differs: "varnish-short-chunks", observed: "a whole answer", run: func(a *attempt) {
			a.edge.record.answer(a.mark, func(x *exchange) {
				x.write(chunkedHead + fmt.Sprintf("%x\r\n%s\r\n", len(words), words))
				x.end()
			})
			// The app may be gone before its head has been passed on.
			if got := a.tryAsk(get("packed.test", "/", gzip, "Cookie: a=1")); got != nil && got.broken == nil && got.status == 200 {
				a.errorf("a whole answer of %d bytes", len(got.body))
			}
		}},
		{clause: "Z1", name: "each piece as it comes", run: codedTokens("gzip")},
		{clause: "Z1", name: "each event as it comes", run: codedTokens("br", "Accept: text/event-stream")},
		{clause: "Z1", name: "one stored answer for all", caches: true, run: storedForAll(get("packed.test", "/", gzip), get("packed.test", "/"))},
		{clause: "Z1", name: "one stored answer for all, which came for who takes none", caches: true, run: storedForAll(get("packed.test", "/"), get("packed.test", "/", gzip))},
		{clause: "Z1", name: "one stored answer of unknown length", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, say("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"+fresh+"\r\nTransfer-Encoding: chunked\r\n\r\n"+fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(words), words)))
			a.decoded(a.ask(get("packed.test", "/", gzip)), "gzip", words)
			a.decoded(a.ask(get("packed.test", "/")), "", words)
			a.check(a.ask(get("packed.test", "/", "Range: bytes=2-3")), want{status: 206, body: words[2:4], reaches: 1})
		}},
		{clause: "Z1", name: "a stored answer by another coding", caches: true, differs: "varnish-stored-coding", observed: `Content-Encoding is ""`,
			run: coded("br", get("packed.test", "/", "Accept-Encoding: br"), page(words, text, tag, fresh), nil)},
		{clause: "Z1", name: "a stored answer and its tag", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(page(words, text, tag, fresh)))
			a.decoded(a.ask(get("packed.test", "/", gzip)), "gzip", words)
			a.check(a.ask(get("packed.test", "/", gzip, `If-None-Match: W/"v1"`)), want{status: 304, headers: map[string]string{"ETag": `W/"v1"`, "Vary": "Accept-Encoding", "Content-Encoding": ""}})
			a.check(a.ask(get("packed.test", "/", `If-None-Match: "v1"`)), want{status: 304})
			a.check(a.ask(get("packed.test", "/", gzip, "Range: bytes=0-9")), want{status: 206, body: words[:10], headers: map[string]string{"Content-Encoding": ""}})
			a.check(a.ask(ask("HEAD", "packed.test", "/", "", gzip)), want{status: 200, headers: map[string]string{"Content-Encoding": "gzip", "X-Cache": "HIT"}, reaches: 1})
		}},
		{clause: "Z1", name: "a stored answer that is confirmed", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, inTurn(say(page(words, text, tag, "Cache-Control: max-age=1")), say("HTTP/1.1 304 Not Modified\r\n"+tag+"\r\n"+fresh+"\r\n\r\n")))
			a.decoded(a.ask(get("packed.test", "/", gzip)), "gzip", words)
			time.Sleep(1100 * time.Millisecond) // what makes it stale
			a.decoded(a.ask(get("packed.test", "/")), "", words)
			a.decoded(a.ask(get("packed.test", "/", gzip)), "gzip", words)
			a.check(a.ask(get("packed.test", "/", gzip)), want{headers: map[string]string{"X-Cache": "HIT"}})
		}},
		{clause: "Z1", name: "a file", run: func(a *attempt) {
			a.decoded(a.ask(get("packed.test", "/files/words.txt", gzip)), "gzip", words)
			a.decoded(a.ask(get("packed.test", "/files/words.txt")), "", words)
			a.check(a.ask(get("packed.test", "/files/words.txt", gzip, "Range: bytes=0-3")), want{status: 206, body: words[:4], headers: map[string]string{"Content-Encoding": ""}})
			a.check(a.ask(ask("HEAD", "packed.test", "/files/words.txt", "", gzip)), want{status: 200, headers: map[string]string{"Content-Encoding": "gzip", "ETag": `~^W/"`, "Vary": "Accept-Encoding"}})
			a.decoded(a.ask(get("packed.test", "/files/letters.txt", gzip)), "", letters)
		}},
		{clause: "Z1", name: "a file by Zstandard", differs: "nginx-files-zstd", observed: `Content-Encoding is ""`, run: func(a *attempt) {
			a.decoded(a.ask(get("packed.test", "/files/words.txt", "Accept-Encoding: zstd")), "zstd", words)
		}},
		{clause: "Z1", name: "a file by Zstandard or what is next", run: func(a *attempt) {
			for _, accepts := range []string{"zstd, br;q=0.5, gzip;q=0.4", "zstd, gzip"} {
				got := a.ask(get("packed.test", "/files/words.txt", "Accept-Encoding: "+accepts))
				if got.header.Get("Content-Encoding") == "" {
					a.errorf("not compressed for %q", accepts)
				}
				a.decoded(got, got.header.Get("Content-Encoding"), words)
			}
		}},
		{clause: "Z1", name: "a part varies as the whole", run: func(a *attempt) {
			varies := want{status: 206, headers: map[string]string{"Vary": "Accept-Encoding", "Content-Encoding": ""}}
			a.check(a.ask(get("packed.test", "/files/words.txt", "Range: bytes=0-3")), varies)
			a.check(a.ask(get("packed.test", "/files/words.txt", "Cookie: a=1", "Range: bytes=0-3,9-12")), varies)
			a.edge.record.answer(a.mark, say(pageOf("206 Partial Content", "part", text, "Content-Range: bytes 0-3/90000")))
			a.check(a.ask(get("packed.test", "/", "Cookie: a=1", "Range: bytes=0-3")), varies)
		}},
		{clause: "Z1", name: "a part of what is stored varies as the whole", caches: true, run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(page(words, text, tag, fresh)))
			a.decoded(a.ask(get("packed.test", "/", gzip)), "gzip", words)
			a.check(a.ask(get("packed.test", "/", "Range: bytes=0-3")), want{status: 206, reaches: 1, headers: map[string]string{"Vary": "Accept-Encoding"}})
		}},
		{clause: "Z1", name: "a file that lies compressed beside another", request: get("packed.test", "/files/data.json", "Accept-Encoding: br, gzip"),
			want: want{status: 200, body: packed("{}\n"), headers: map[string]string{"Content-Encoding": "gzip", "ETag": `~^"`}}},
		{clause: "Z1", name: "a file that is stored", caches: true, run: func(a *attempt) {
			for range 2 {
				a.decoded(a.ask(get("packed.test", "/files/stored", gzip)), "gzip", words)
				a.decoded(a.ask(get("packed.test", "/files/stored")), "", words)
			}
		}},
		{clause: "Z1", name: "what no file answers", run: coded("zstd", get("packed.test", "/files/app/x", "Accept-Encoding: zstd"), page(words, text, tag), map[string]string{"Accept-Encoding": ""})},
		{clause: "Z1", name: "a note that a client forges", request: get("packed.test", "/", "X-Edge-Compress: gzip x gzip", "X-Edge-Compressed: gzip"), answer: say(page(words, text, "X-Edge-Compressed: gzip", fresh)),
			want: want{status: 200, body: words, headers: map[string]string{"Content-Encoding": ""}}},
	}
}

// parsed is the header of an answer.
func parsed(answer string) http.Header {
	head, _, _ := strings.Cut(answer, "\r\n\r\n")
	header := http.Header{}
	for line := range strings.SplitSeq(head, "\r\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			header.Add(name, value)
		}
	}
	return header
}

// coded asks for an answer in a coding; sees is for the app.
func coded(coding, request, answer string, sees map[string]string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, say(answer))
		got := a.ask(request)
		a.check(got, want{reaches: 1, sees: sees})
		_, body, _ := strings.Cut(answer, "\r\n\r\n")
		if parsed(answer).Get("Transfer-Encoding") != "" {
			body = "abc"
		}
		a.decoded(got, coding, body)
	}
}

// decoded holds that an answer is in a coding ("" for none), says so, and means that
// body.
func (a *attempt) decoded(got *response, coding, body string) {
	a.check(got, want{headers: map[string]string{"Content-Encoding": coding}})
	if got.header.Get("Content-Encoding") != coding {
		return
	}
	vary := strings.ToLower(strings.Join(got.header.Values("Vary"), ", "))
	if tag := got.header.Get("ETag"); coding != "" && tag != "" && !strings.HasPrefix(tag, "W/") || len(body) >= 1024 && strings.Count(vary, "accept-encoding") != 1 {
		a.errorf("ETag %s, Vary %q", tag, vary)
	}
	if text, err := decode(coding, strings.NewReader(got.body)); err != nil || text != body {
		a.errorf("%q: %.40q, %v", coding, text, err)
	}
	if coding != "" && len(body) >= 1024 && len(got.body) > len(body)/5 {
		a.errorf("%s makes %d bytes of %d", coding, len(got.body), len(body))
	}
}

func decode(coding string, body io.Reader) (string, error) {
	reader, err := decoder(coding, body)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(reader)
	return string(text), err
}

func decoder(coding string, body io.Reader) (io.Reader, error) {
	switch coding {
	case "gzip":
		return gzip.NewReader(body)
	case "br":
		return brotli.NewReader(body), nil
	case "zstd":
		decoder, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return decoder.IOReadCloser(), nil
	}
	return body, nil
}

// weighed asks with many an Accept-Encoding.
func weighed(a *attempt) {
	a.edge.record.answer(a.mark, say(page(words, "Content-Type: text/html; charset=utf-8", `ETag: "v1"`)))
	for _, one := range []struct{ takes, coding string }{
		{"gzip", "gzip"}, {"br", "br"}, {"zstd", "zstd"}, {"gzip, deflate, br, zstd", "br"}, {"gzip, zstd", "zstd"},
		{"gzip;q=1, br;q=0.5", "gzip"}, {"br;q=0.1, gzip;q=0.11", "gzip"}, {"GZip ; Q=0.5", "gzip"}, {"x-gzip", "gzip"},
		{"gzip;q=0", ""}, {"gzip;q=0.000", ""}, {"gzip;q=2", ""}, {"gzip;q=x", ""}, {"deflate", ""}, {"gzipped", ""}, {"identity", ""}, {"", ""},
		{"*", "br"}, {"br;q=0, *;q=0.1", "zstd"}, {"*;q=0", ""}, {"gzip;q=1.5", ""}, {"gzip;q=1.001, br;q=0.1", "br"}, {"gzip;q=1.000", "gzip"}, {"identity;q=1, gzip;q=0.5", ""}, {"identity;q=0.5, gzip;q=0.5", "gzip"},
	} {
		for _, request := range []string{get("packed.test", "/", "Accept-Encoding: "+one.takes), ask("POST", "packed.test", "/", "", "Content-Length: 0", "Accept-Encoding: "+one.takes)} {
			got := a.ask(request)
			if got.header.Get("Content-Encoding") != one.coding {
				a.errorf("%q: Content-Encoding %q, want %q", one.takes, got.header.Get("Content-Encoding"), one.coding)
				continue
			}
			a.decoded(got, one.coding, words)
		}
	}
}

// storedForAll asks for what is stored in two ways.
func storedForAll(requests ...string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, say(page(words, "Content-Type: text/plain", `ETag: "v1"`, "Cache-Control: max-age=60")))
		for i := range 4 {
			request := requests[i%2]
			got := a.ask(request)
			coding := ""
			if strings.Contains(request, "gzip") {
				coding = "gzip"
			}
			a.decoded(got, coding, words)
			if i > 0 {
				a.check(got, want{headers: map[string]string{"X-Cache": "HIT"}, reaches: 1})
			}
		}
	}
}

// codedTokens has an app send a piece each time the client has the one before.
func codedTokens(coding string, lines ...string) func(*attempt) {
	return func(a *attempt) {
		const count = 5
		seen := make(chan struct{}, count)
		a.edge.record.answer(a.mark, func(x *exchange) {
			x.write(strings.Replace(chunkedHead, "plain", map[bool]string{true: "event-stream", false: "plain"}[len(lines) > 0], 1))
			for i := range count {
				x.write(fmt.Sprintf("5\r\ntok%02d\r\n", i))
				select {
				case <-seen:
				case <-time.After(patience):
				}
			}
			x.write("0\r\n\r\n")
		})
		c := a.open("packed.test")
		c.send(get("packed.test", "/", append(lines, "Accept-Encoding: "+coding)...))
		answer, err := http.ReadResponse(c.reader, nil)
		if err != nil {
			a.fatalf("no answer: %v", err)
		}
		body, err := decoder(coding, answer.Body)
		if err != nil || answer.Header.Get("Content-Encoding") != coding {
			a.fatalf("Content-Encoding %q: %v", answer.Header.Get("Content-Encoding"), err)
		}
		began := time.Now()
		for i := range count {
			got := make([]byte, 5)
			if _, err := io.ReadFull(body, got); err != nil || !bytes.Equal(got, fmt.Appendf(nil, "tok%02d", i)) {
				a.errorf("%q, %v", got, err)
				return
			}
			seen <- struct{}{}
		}
		if took := time.Since(began); took > patience {
			a.errorf("%d pieces took %s", count, took)
		}
	}
}
