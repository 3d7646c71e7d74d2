package conformance

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"edgegen/internal/site"
	"edgegen/test/edge"
)

// version is the version of HTTP that a case is asked over.
type version int

const (
	http1 version = iota
	over2
	over3
)

// speaksHTTP2 reports whether a combination offers HTTP/2 to clients.
func speaksHTTP2(c edge.Combination) bool {
	return c.TLS == site.Builtin && c.Cache != site.Off || c.TLS == site.Nginx
}

// inexpressible gives a case up that is about the bytes of HTTP/1.1.
func (a *attempt) inexpressible() {
	a.unasked = true
	panic(given{})
}

// askHTTP2 sends a request, written as one of HTTP/1.1, over HTTP/2.
func (a *attempt) askHTTP2(from, raw string) *response {
	fields, body, whole := a.translate(a.fill(raw))
	framer, end := a.openHTTP2(from, hostOf(raw))
	defer end()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range fields {
		_ = encoder.WriteField(f) // a bytes.Buffer takes everything
	}
	head, ended := block.Bytes(), len(body) == 0 && whole
	first := head[:min(len(head), 16<<10)]
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: first, EndStream: ended, EndHeaders: len(first) == len(head)})
	for head = head[len(first):]; len(head) > 0; head = head[len(first):] {
		first = head[:min(len(head), 16<<10)]
		_ = framer.WriteContinuation(1, len(first) == len(head), first)
	}
	in := newReceiver(a, framer)
	for len(body) > 0 && !in.ended {
		part := body[:max(0, min(len(body), 16<<10, in.room))]
		if len(part) == 0 {
			in.frame() // until more may be sent
			continue
		}
		body, in.room = body[len(part):], in.room-len(part)
		_ = framer.WriteData(1, len(body) == 0 && whole, part)
	}
	for !in.ended {
		in.frame()
	}
	return in.whole()
}

// openHTTP2 begins a connection, on which nothing holds the server up.
func (a *attempt) openHTTP2(from, host string) (framer *http2.Framer, end func()) {
	conn := tls.Client(a.dial(from, a.edge.https), a.config(host, "h2"))
	if err := conn.Handshake(); err != nil {
		a.fatalf("TLS handshake: %v", err)
	}
	framer = http2.NewFramer(conn, bufio.NewReader(conn))
	_, _ = io.WriteString(conn, http2.ClientPreface) // what fails here shows when reading
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	_ = framer.WriteWindowUpdate(0, 1<<30)
	return framer, func() { _ = conn.Close() }
}

// translate makes the fields of HTTP/2 of a request's head; whole tells that the
// body is as long as they say.
func (a *attempt) translate(raw string) (fields []hpack.HeaderField, body []byte, whole bool) {
	head, rest, ok := strings.Cut(raw, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	words := strings.Split(lines[0], " ")
	if !ok || len(words) != 3 || words[2] != "HTTP/1.1" || words[0] == "CONNECT" || strings.Contains(words[1], "://") {
		a.inexpressible()
	}
	hosts := 0
	body, whole = []byte(rest), true
	fields = []hpack.HeaderField{{Name: ":method", Value: words[0]}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: words[1]}, {Name: ":authority"}}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(name), strings.Trim(value, " \t")
		switch name {
		case "host":
			hosts++
			fields[3].Value = value
			continue
		case "content-length":
			whole = value == strconv.Itoa(len(rest))
		case "transfer-encoding":
			data, err := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(rest)))
			if err != nil {
				a.inexpressible()
			}
			body = data
			continue
		case "connection", "keep-alive", "proxy-connection", "upgrade", "te", "http2-settings":
			a.inexpressible()
		}
		fields = append(fields, hpack.HeaderField{Name: name, Value: value})
	}
	if hosts != 1 {
		a.inexpressible()
	}
	return fields, body, whole
}

// receiver reads the answer on stream 1.
type receiver struct {
	a       *attempt
	framer  *http2.Framer
	decoder *hpack.Decoder
	r       *response
	body    strings.Builder
	ended   bool
	// room is how many bytes may be sent. That of the connection is larger: no server
	// that is asked here gives it less.
	room int
}

const firstWindow = 65535 // RFC 9113, 6.9.2

func newReceiver(a *attempt, framer *http2.Framer) *receiver {
	in := &receiver{a: a, framer: framer, room: firstWindow, r: &response{proto: "HTTP/2.0", header: http.Header{}, trailer: http.Header{}, length: -1}}
	in.decoder = hpack.NewDecoder(4096, in.field)
	return in
}

func (in *receiver) field(h hpack.HeaderField) {
	if h.Name != ":status" {
		in.r.header.Add(h.Name, h.Value)
	} else if status, _ := strconv.Atoi(h.Value); status < 200 {
		in.r.informational = append(in.r.informational, status)
	} else {
		in.r.status = status
	}
}

// frame takes in one frame.
func (in *receiver) frame() {
	frame, err := in.framer.ReadFrame()
	if err != nil {
		in.a.fatalf("no answer: %v", err)
	}
	switch f := frame.(type) {
	case *http2.HeadersFrame:
		in.block(f.HeaderBlockFragment())
		in.ended = f.StreamEnded()
	case *http2.ContinuationFrame:
		in.block(f.HeaderBlockFragment())
	case *http2.DataFrame:
		in.body.Write(f.Data())
		in.ended = f.StreamEnded()
	case *http2.WindowUpdateFrame:
		if f.StreamID == 1 {
			in.room += int(f.Increment)
		}
	case *http2.SettingsFrame:
		if first, ok := f.Value(http2.SettingInitialWindowSize); ok {
			in.room += int(first) - firstWindow
		}
	case *http2.RSTStreamFrame:
		in.r.broken, in.ended = fmt.Errorf("reset: %v", f.ErrCode), true
	case *http2.GoAwayFrame:
		if f.ErrCode != http2.ErrCodeNo {
			in.a.fatalf("the connection ends: %v", f.ErrCode)
		}
	}
}

func (in *receiver) block(fragment []byte) {
	if _, err := in.decoder.Write(fragment); err != nil {
		in.a.fatalf("header block: %v", err)
	}
}

// whole is the answer that has ended.
func (in *receiver) whole() *response {
	in.r.body = in.body.String()
	if n, err := strconv.ParseInt(in.r.header.Get("Content-Length"), 10, 64); err == nil {
		in.r.length = n
	}
	return in.r
}
