package dataplane

import (
	"bytes"
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"

	frames "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// framer is an HTTP/2 client that says what it wants.
type framer struct {
	*frames.Framer
	t       testing.TB
	conn    *tls.Conn
	block   bytes.Buffer
	encoder *hpack.Encoder
	decoder *hpack.Decoder
	answers map[uint32]*streamed
}

// streamed is what has come on a stream.
type streamed struct {
	header map[string]string
	body   string
	ended  bool
	reset  *frames.ErrCode
}

func (e *edge) frames(t testing.TB, settings ...frames.Setting) *framer {
	t.Helper()
	conn, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &framer{Framer: frames.NewFramer(conn, conn), t: t, conn: conn, answers: map[uint32]*streamed{}}
	c.encoder = hpack.NewEncoder(&c.block)
	c.decoder = hpack.NewDecoder(4096, nil)
	c.AllowIllegalWrites = true
	if _, err := io.WriteString(conn, frames.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteSettings(settings...); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a request's head, made of "name: value"; those that begin with ":"
// replace the usual ones.
func (c *framer) ask(id uint32, end bool, fields ...string) {
	c.t.Helper()
	c.block.Reset()
	for _, usual := range []string{":method: GET", ":scheme: https", ":authority: " + chatHost, ":path: /"} {
		name, value, _ := strings.Cut(usual, ": ")
		for _, f := range fields {
			if other, ok := strings.CutPrefix(f, name+": "); ok {
				value = other
			}
		}
		if value != "-" {
			_ = c.encoder.WriteField(hpack.HeaderField{Name: name, Value: value})
		}
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		switch name {
		case ":method", ":scheme", ":authority", ":path":
		default:
			_ = c.encoder.WriteField(hpack.HeaderField{Name: name, Value: value})
		}
	}
	if err := c.WriteHeaders(frames.HeadersFrameParam{StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true, EndStream: end}); err != nil {
		c.t.Fatal(err)
	}
}

// next reads a frame, and notes what it says of a stream.
func (c *framer) next() (frames.Frame, error) {
	f, err := c.ReadFrame()
	if err != nil {
		return nil, err
	}
	id := f.Header().StreamID
	if c.answers[id] == nil {
		c.answers[id] = &streamed{header: map[string]string{}}
	}
	one := c.answers[id]
	switch f := f.(type) {
	case *frames.HeadersFrame:
		c.decoder.SetEmitFunc(func(h hpack.HeaderField) { one.header[h.Name] = h.Value })
		if _, err := c.decoder.Write(f.HeaderBlockFragment()); err != nil {
			return nil, err
		}
		one.ended = one.ended || f.StreamEnded()
	case *frames.DataFrame:
		one.body += string(f.Data())
		one.ended = one.ended || f.StreamEnded()
	case *frames.RSTStreamFrame:
		one.reset = &f.ErrCode
	}
	return f, nil
}

// answer waits for the end of a stream's answer.
func (c *framer) answer(id uint32) *streamed {
	c.t.Helper()
	for c.answers[id] == nil || !c.answers[id].ended && c.answers[id].reset == nil {
		if _, err := c.next(); err != nil {
			c.t.Fatalf("stream %d: %v", id, err)
		}
	}
	return c.answers[id]
}

// waitReset waits for RST_STREAM.
func (c *framer) waitReset(id uint32) frames.ErrCode {
	c.t.Helper()
	for c.answers[id] == nil || c.answers[id].reset == nil {
		if _, err := c.next(); err != nil {
			c.t.Fatalf("stream %d: %v", id, err)
		}
	}
	return *c.answers[id].reset
}

// end reads until the connection ends, and returns the code of the GOAWAY.
func (c *framer) end() (code frames.ErrCode, said bool) {
	c.t.Helper()
	for {
		f, err := c.next()
		if err != nil {
			return code, said
		}
		if g, ok := f.(*frames.GoAwayFrame); ok {
			code, said = g.ErrCode, true
		}
	}
}
