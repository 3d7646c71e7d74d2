package h2

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/fields"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// handler is a Handler with its parts as fields.
type handler struct {
	limits bounds.Limits
	serve  func(*Stream)
	tasks  sync.WaitGroup

	mu    sync.Mutex
	ended []*Stream
}

func (h *handler) Limits() bounds.Limits { return h.limits }
func (h *handler) Go(f func())           { h.tasks.Go(f) }
func (h *handler) Serve(s *Stream)       { h.serve(s) }
func (h *handler) Ended(s *Stream)       { h.mu.Lock(); h.ended = append(h.ended, s); h.mu.Unlock() }
func (h *handler) count() int            { h.mu.Lock(); defer h.mu.Unlock(); return len(h.ended) }
func answerOK(s *Stream) {
	_ = s.Head(fields.Answer{Status: 200, Length: 2}, false)
	s.Last([]byte("ok"))
}
func (c *client) fatal(args ...any)    { c.t.Helper(); c.t.Fatal(args...) }
func (c *client) hasServed(n int) bool { return c.handler.count() == n }

var calm = bounds.Limits{HeaderSize: 16 << 10, Header: 10 * time.Second, Idle: time.Minute}

// client is a client that says what it wants.
type client struct {
	*http2.Framer
	t       testing.TB
	net     net.Conn
	conn    *Conn
	handler *handler
	block   bytes.Buffer
	encoder *hpack.Encoder
	decoder *hpack.Decoder
	fields  []hpack.HeaderField
	done    chan struct{} // closed when the server's side has ended
}

// connect serves a connection until the test ends, and greets the server.
func connect(t testing.TB, limits bounds.Limits, serve func(*Stream), settings ...http2.Setting) *client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, net: raw, handler: &handler{limits: limits, serve: serve}, done: make(chan struct{})}
	socket, err := NewSocket(accepted.(*net.TCPConn))
	if err != nil {
		t.Fatal(err)
	}
	pool := &sync.Pool{New: func() any { b := make([]byte, 0, BufferSize); return &b }}
	ctx, cancel := context.WithCancel(context.Background())
	c.conn = New(ctx, socket, socket, c.handler, pool)
	go func() {
		defer close(c.done)
		c.conn.Serve()
		c.handler.tasks.Wait()
	}()
	t.Cleanup(func() {
		raw.Close()
		select {
		case <-c.done:
		case <-time.After(10 * time.Second):
			t.Error("the connection does not end with its client")
		}
		cancel()
	})
	c.Framer = http2.NewFramer(raw, raw)
	c.init()
	c.decoder = hpack.NewDecoder(4096, func(f hpack.HeaderField) { c.fields = append(c.fields, f) })
	_ = raw.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(raw, preface); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteSettings(settings...); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *client) init() { c.encoder = hpack.NewEncoder(&c.block) }

// encode makes a header block of names and values.
func (c *client) encode(pairs ...string) []byte {
	c.block.Reset()
	for i := 0; i < len(pairs); i += 2 {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	return bytes.Clone(c.block.Bytes())
}

// get is the head of an ordinary request.
var get = []string{":method", "GET", ":scheme", "https", ":authority", "a.test", ":path", "/"}

func post(more ...string) []string {
	return append([]string{":method", "POST", ":scheme", "https", ":authority", "a.test", ":path", "/"}, more...)
}

// ask sends a request's head.
func (c *client) ask(id uint32, end bool, pairs ...string) {
	c.t.Helper()
	if err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.encode(pairs...), EndHeaders: true, EndStream: end}); err != nil {
		c.fatal(err)
	}
}

// event is what the server said last.
type event struct {
	frame  http2.Frame
	status string
}

// next reads a frame; header blocks are decoded.
func (c *client) next() (event, error) {
	f, err := c.ReadFrame()
	if err != nil {
		return event{}, err
	}
	e := event{frame: f}
	if h, ok := f.(*http2.HeadersFrame); ok {
		c.fields = nil
		if _, err := c.decoder.Write(h.HeaderBlockFragment()); err != nil {
			return e, err
		}
		for _, f := range c.fields {
			if f.Name == ":status" {
				e.status = f.Value
			}
		}
	}
	return e, nil
}

// until reads until ok approves of something.
func (c *client) until(what string, ok func(event) bool) event {
	c.t.Helper()
	for {
		e, err := c.next()
		if err != nil {
			c.fatal("before "+what+":", err)
		}
		if g, bad := e.frame.(*http2.GoAwayFrame); bad && !ok(e) && g.ErrCode != http2.ErrCodeNo {
			c.fatal("before "+what+":", g.ErrCode, g.LastStreamID)
		}
		if ok(e) {
			return e
		}
	}
}

// ended waits for the end of a stream's answer.
func (c *client) ended(id uint32) (body string) {
	c.t.Helper()
	c.until("the end of the stream", func(e event) bool {
		if e.frame.Header().StreamID != id {
			return false
		}
		switch f := e.frame.(type) {
		case *http2.DataFrame:
			body += string(f.Data())
			return f.StreamEnded()
		case *http2.HeadersFrame:
			return f.StreamEnded()
		}
		return false
	})
	return body
}

// update waits for a stream's WINDOW_UPDATE.
func (c *client) update(id uint32) int {
	c.t.Helper()
	e := c.until("WINDOW_UPDATE", func(e event) bool {
		_, ok := e.frame.(*http2.WindowUpdateFrame)
		return ok && e.frame.Header().StreamID == id
	})
	return int(e.frame.(*http2.WindowUpdateFrame).Increment)
}

func (c *client) reset(id uint32) http2.ErrCode {
	c.t.Helper()
	e := c.until("RST_STREAM", func(e event) bool {
		_, ok := e.frame.(*http2.RSTStreamFrame)
		return ok && e.frame.Header().StreamID == id
	})
	return e.frame.(*http2.RSTStreamFrame).ErrCode
}

// goneAway reads until the connection ends, and returns the code of the last GOAWAY.
func (c *client) goneAway() (code http2.ErrCode, last uint32, said bool) {
	c.t.Helper()
	for {
		e, err := c.next()
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				c.fatal("the connection goes on")
			}
			return code, last, said
		}
		if g, ok := e.frame.(*http2.GoAwayFrame); ok {
			code, last, said = g.ErrCode, g.LastStreamID, true
		}
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}
