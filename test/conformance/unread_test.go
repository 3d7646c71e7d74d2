package conformance

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// unreadCases are about what comes of a connection behind a body that nobody wants.
func unreadCases() []contractCase {
	return []contractCase{
		{clause: "E5", name: "a connection that is not to end is kept behind a body that is refused", run: keptBehind(7000)},
		{clause: "E5", name: "a connection that is not to end is kept behind a large body that is refused", run: keptBehind(70_000),
			differs: "nginx-unread-body", observed: "another request: no answer"},
		{clause: "F1", name: "trailers of a request over HTTP/2 are dropped", run: trailersOver2, differs: "nginx-trailers", observed: "the connection ends: PROTOCOL_ERROR"},
	}
}

// keptBehind holds that the answer to a request whose body is refused says so if the
// connection ends. The client sends the body where it is asked to.
func keptBehind(size int) func(*attempt) {
	return func(a *attempt) {
		for path, host := range map[string]string{"/small": "leads.test", "/door": "pages.test", "/door/address": "pages.test", "/gone": "nobody.test", "/letters.txt": "files.test"} {
			c := a.openFrom("127.0.0.4", host)
			c.send(ask("POST", host, path, "", "Expect: 100-continue", "Content-Length: "+strconv.Itoa(size)))
			line, err := c.reader.Peek(len("HTTP/1.1 100"))
			if err != nil {
				a.fatalf("%s: no answer: %v", path, err)
			}
			if strings.HasSuffix(string(line), "100") {
				c.send(strings.Repeat("q", size))
			}
			got := c.read("POST")
			if got.status < 400 {
				a.errorf("%s: status %d", path, got.status)
			}
			if got.header.Get("Connection") == "close" || got.informational == nil {
				continue
			}
			c.send(get("main.test", "/"))
			if next := c.tryRead("GET"); next == nil || next.status != http.StatusOK {
				a.errorf("%s: behind status %d, another request: no answer", path, got.status)
			}
		}
	}
}

// trailersOver2 sends a body with trailers.
func trailersOver2(a *attempt) {
	if a.over != over2 {
		a.inexpressible()
	}
	framer, end := a.openHTTP2("127.0.0.1", "main.test")
	defer end()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	send := func(ended bool, fields ...string) {
		block.Reset()
		for _, f := range fields {
			name, value, _ := strings.Cut(f[1:], ": ")
			_ = encoder.WriteField(hpack.HeaderField{Name: f[:1] + name, Value: value}) // a bytes.Buffer takes everything
		}
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: ended}) // what fails here shows when reading
	}
	send(false, ":method: POST", ":scheme: https", ":authority: main.test", ":path: "+a.fill("/upload?case={case}"))
	_ = framer.WriteData(1, false, []byte("hello world")) // likewise
	send(true, "x-trailer: evil")
	in := newReceiver(a, framer)
	for !in.ended {
		in.frame()
	}
	a.check(in.whole(), want{status: 200, reaches: 1, sees: map[string]string{"X-Trailer": ""}})
	a.compare("body", a.last().body, "hello world")
}
