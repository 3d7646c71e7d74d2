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

// speaksHTTP2 reports whether a combination offers HTTP/2 to clients.
func speaksHTTP2(c edge.Combination) bool {
	return c.TLS == site.Builtin && c.Cache == site.Builtin
}

// inexpressible gives a case up that is about the bytes of HTTP/1.1.
func (a *attempt) inexpressible() {
	a.unasked = true
	panic(given{})
}

// askHTTP2 sends a request, written as one of HTTP/1.1, over HTTP/2.
func (a *attempt) askHTTP2(from, raw string) *response {
	fields, body, whole := a.translate(a.fill(raw))
	conn := tls.Client(a.dial(from, a.edge.https), a.config(hostOf(raw), "h2"))
	defer conn.Close()
	if err := conn.Handshake(); err != nil {
		a.fatalf("TLS handshake: %v", err)
	}
	framer := http2.NewFramer(conn, bufio.NewReader(conn))
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range fields {
		_ = encoder.WriteField(f) // a bytes.Buffer takes everything
	}
	_, _ = io.WriteString(conn, http2.ClientPreface) // what fails here shows when reading
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	_ = framer.WriteWindowUpdate(0, 1<<30)
	head, end := block.Bytes(), len(body) == 0 && whole
	first := head[:min(len(head), 16<<10)]
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: first, EndStream: end, EndHeaders: len(first) == len(head)})
	for head = head[len(first):]; len(head) > 0; head = head[len(first):] {
		first = head[:min(len(head), 16<<10)]
		_ = framer.WriteContinuation(1, len(first) == len(head), first)
	}
	for len(body) > 0 {
		part := body[:min(len(body), 16<<10)]
		body = body[len(part):]
		_ = framer.WriteData(1, len(body) == 0 && whole, part)
	}
	return a.readHTTP2(framer)
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

// readHTTP2 reads the answer on stream 1.
func (a *attempt) readHTTP2(framer *http2.Framer) *response {
	r := &response{proto: "HTTP/2.0", header: http.Header{}, trailer: http.Header{}, length: -1}
	decoder := hpack.NewDecoder(4096, nil)
	var body strings.Builder
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			a.fatalf("no answer: %v", err)
		}
		ended := false
		switch f := frame.(type) {
		case *http2.MetaHeadersFrame:
		case *http2.HeadersFrame:
			decoder.SetEmitFunc(func(h hpack.HeaderField) {
				if h.Name != ":status" {
					r.header.Add(h.Name, h.Value)
				} else if status, _ := strconv.Atoi(h.Value); status < 200 {
					r.informational = append(r.informational, status)
				} else {
					r.status = status
				}
			})
			if _, err := decoder.Write(f.HeaderBlockFragment()); err != nil {
				a.fatalf("header block: %v", err)
			}
			ended = f.StreamEnded()
		case *http2.ContinuationFrame:
			if _, err := decoder.Write(f.HeaderBlockFragment()); err != nil {
				a.fatalf("header block: %v", err)
			}
		case *http2.DataFrame:
			body.Write(f.Data())
			ended = f.StreamEnded()
		case *http2.RSTStreamFrame:
			r.broken, ended = fmt.Errorf("reset: %v", f.ErrCode), true
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo {
				a.fatalf("the connection ends: %v", f.ErrCode)
			}
		}
		if ended {
			r.body = body.String()
			if n, err := strconv.ParseInt(r.header.Get("Content-Length"), 10, 64); err == nil {
				r.length = n
			}
			return r
		}
	}
}
