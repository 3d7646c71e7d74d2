package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/dataplane/wire"
)

const (
	maxHead    = 64 << 10 // of a response
	maxInterim = 16       // 1xx responses before the final one
)

// Trace tells what a round trip did.
type Trace struct {
	Server string // the last one that was tried
	Took   time.Duration
	// Careless is set once for a server that has sent more than its answers'
	// framing allows. No connection to it is kept for a while.
	Careless bool
}

// RoundTrip sends a request and returns the response; its body streams, and
// has to be closed. A request that may be repeated is tried once more, on
// another connection or server, where no byte of an answer has come. The
// request's hop-by-hop fields are the caller's to remove. A body that is no
// *wire.Bytes is sent as it comes; it may be sent again if it is a Rewinder.
// An app that speaks FastCGI may have no script for the request, which is
// fastcgi.ErrNoScript or static.ErrSlash; see Group.FastCGI.
// req.Body is not read any more once RoundTrip has failed, or the response's
// body is closed.
//
// Where the answer comes before req.Body was read to its end, closing the
// response calls Abort of a body that is an Aborter and waits for the read
// under way.
func (g *Group) RoundTrip(ctx context.Context, req *wire.Request, t Timeouts) (*wire.Response, Trace, error) {
	var trace Trace
	start := time.Now()
	out, err := g.outgoing(req)
	if err != nil {
		return nil, trace, err
	}
	var last *member
	for attempt := 0; ; attempt++ {
		s, noServer := g.pick(last, req.Header)
		if noServer != nil {
			if err == nil {
				err = noServer
			}
			return nil, trace, err
		}
		var response *wire.Response
		var again bool
		response, again, err = s.try(ctx, out, t, attempt > 0, len(g.now().members) > 1)
		trace.Server, trace.Took = s.asked(), time.Since(start)
		trace.Careless = trace.Careless || s.trust.told()
		if err == nil {
			s.answered()
			g.remember(s, req.Header, &response.Header)
			return response, trace, nil
		}
		_ = s.troubled(err)
		if !again || attempt > 0 || ctx.Err() != nil {
			return response, trace, err
		}
		if rewound := out.rewind(); rewound != nil {
			return nil, trace, fmt.Errorf("%w: %w", err, rewound)
		}
		last = s
	}
}

// Rewinder is a request body that is complete, and can be read again.
type Rewinder interface {
	io.Reader
	Rewind() error
}

// outgoing is a request with its body either in memory or still to be read.
type outgoing struct {
	*wire.Request
	held []byte
	rest io.Reader
	// interimEnds is the group's.
	interimEnds bool
	fastcgi     *fastcgi.App // nil for HTTP/1.1
	script      fastcgi.Script
}

func (g *Group) outgoing(req *wire.Request) (*outgoing, error) {
	o := &outgoing{Request: req, interimEnds: g.InterimEnds, fastcgi: g.now().FastCGI}
	if o.fastcgi != nil {
		var err error
		if o.script, err = o.fastcgi.Find(req.Target); err != nil {
			return nil, err
		}
	}
	if b, ok := req.Body.(*wire.Bytes); ok {
		o.held = b.Rest()
	} else {
		o.rest = req.Body
	}
	return o, nil
}

func (o *outgoing) repeatable() bool {
	if _, again := o.rest.(Rewinder); o.rest != nil && !again {
		return false
	}
	switch o.Method {
	case http.MethodPost, http.MethodPatch, "LOCK": // which are not idempotent (RFC 9110, 9.2.2)
		return false
	}
	return true
}

// rewind makes a request ready to be sent another time.
func (o *outgoing) rewind() error {
	if r, ok := o.rest.(Rewinder); ok {
		return r.Rewind()
	}
	return nil
}

// Expect counts a request as one of each server of the group, before one of them
// is chosen, until the returned function is called.
func (g *Group) Expect() (noMore func()) {
	servers := g.now().servers
	for _, s := range servers {
		s.open.Add(1)
	}
	return func() {
		for _, s := range servers {
			s.open.Add(-1)
		}
	}
}

// try is one attempt on one server. again tells that another attempt is allowed: nothing
// of this one can have had an effect, or the method permits it. A kept connection that
// turns out unfit before anything is sent is no attempt. The exchange counts as work of
// the server already, and does so until it has ended.
func (s *server) try(ctx context.Context, o *outgoing, t Timeouts, fresh, others bool) (r *wire.Response, again bool, err error) {
	defer func() {
		if err != nil {
			s.end()
		}
	}()
	for {
		var c *conn
		if !fresh && o.fastcgi == nil {
			c = s.take()
		}
		if c == nil {
			if c, err = s.dial(ctx, t); err != nil {
				return nil, !errors.Is(err, ErrTimeout) || others, err
			}
		}
		r, again, err = c.exchange(ctx, o, t)
		if errors.Is(err, errUnasked) {
			s.mistrust()
		}
		if !errors.Is(err, errUnasked) && !errors.Is(err, errClosed) {
			return r, again, err
		}
	}
}

// exchange asks on this connection. again is as for try.
func (c *conn) exchange(ctx context.Context, o *outgoing, t Timeouts) (r *wire.Response, again bool, err error) {
	stop := c.watch(ctx)
	sending, err := c.write(o, t)
	if err == nil {
		r, err = c.read(o, t, stop, sending)
	}
	if err == nil {
		return r, false, nil
	}
	stop()
	c.close()
	if sending != nil && sending.failed.Load() && errors.Is(sending.err, ErrClient) {
		err = sending.err
	}
	sending.cancel()
	if ctx.Err() != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrClient, ctx.Err())
	}
	return nil, o.repeatable() && !errors.Is(err, ErrTimeout), err
}

// write prepares the head and what is held of the body, which are sent when the
// answer is waited for; a body that is not held whole is sent from now on, unless a
// line is to ask for it.
func (c *conn) write(o *outgoing, t Timeouts) (*sending, error) {
	frame := o.framing()
	var b []byte
	if o.fastcgi != nil {
		b = o.fastcgi.AppendRequest(c.out[:0], o.Request, o.script)
		c.reader.Release()
		c.reader = wire.NewReader(fastcgi.NewReader(c, o.fastcgi.Stderr), c.server.buffers)
	} else {
		b = o.appendHead(append(c.out[:0], c.says...))
		c.says = nil
	}
	if len(o.held) > 0 {
		b = frame.append(b, o.held)
	}
	if o.rest == nil && o.fastcgi != nil {
		b = append(b, frame.end...)
	}
	if cap(b) <= 8<<10 {
		c.out = b
	}
	if o.rest == nil {
		c.unsent = b
		return nil, nil
	}
	if err := c.fit(); err != nil {
		return nil, err
	}
	if _, err := c.Conn.Write(b); err != nil {
		return nil, failure("send the request", err)
	}
	s := c.send(o.rest, o.Length, frame, t.FirstByte)
	if c.server.line == nil || !o.Header.Contains("Expect", "100-continue") {
		s.start()
	}
	return s, nil
}

func (o *outgoing) appendHead(b []byte) []byte {
	b = append(b, o.Method...)
	b = append(b, ' ')
	b = append(b, o.Target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, o.Host...)
	b = append(b, "\r\n"...)
	b = wire.AppendFields(b, o.Header)
	switch {
	case o.Length < 0:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case o.Length > 0, o.Method == http.MethodPost, o.Method == http.MethodPut, o.Method == http.MethodPatch:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, o.Length, 10)
		b = append(b, "\r\n"...)
	}
	return append(b, "\r\n"...)
}

// framing is how a request's body is sent.
type framing struct {
	append func(b, part []byte) []byte
	end    string
}

func (o *outgoing) framing() framing {
	switch {
	case o.fastcgi != nil:
		return framing{fastcgi.AppendBody, fastcgi.EndBody}
	case o.Length < 0:
		return framing{wire.AppendChunk, wire.LastChunk}
	}
	return framing{append: func(b, part []byte) []byte { return append(b, part...) }}
}

// read waits for the final response's head.
func (c *conn) read(o *outgoing, t Timeouts, stop func() bool, s *sending) (*wire.Response, error) {
	for interim := range maxInterim {
		text, err := c.head(t, s)
		if err != nil {
			return nil, failure("read the response", err)
		}
		head, err := wire.ParseResponse(text, nil)
		if err != nil || head.Status == http.StatusSwitchingProtocols {
			return nil, fmt.Errorf("%w: response: %w", ErrFailed, errors.Join(err, unasked(head.Status)))
		}
		if head.Status < 200 {
			if head.Status == http.StatusContinue {
				s.start()
			}
			continue
		}
		head.Keep = head.Keep && (interim == 0 || !o.interimEnds)
		return c.response(o, head, t, stop, s), nil
	}
	return nil, fmt.Errorf("%w: too many interim responses", ErrFailed)
}

func unasked(status int) error {
	if status == http.StatusSwitchingProtocols {
		return errors.New("switches protocols unasked")
	}
	return nil
}

// head reads one head. While the request's body is on its way the time does
// not run.
func (c *conn) head(t Timeouts, s *sending) (string, error) {
	for wait := t.FirstByte; ; {
		c.arm(wait)
		text, err := c.reader.ReadResponseHead(maxHead)
		if s == nil || !isTimeout(err) || len(c.reader.Buffered()) > 0 {
			return text, err
		}
		select {
		case <-s.ended:
			if s.err != nil {
				return "", s.err
			}
			if wait -= time.Since(s.at); wait <= 0 {
				return "", err
			}
			s = nil
		default:
		}
	}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

func (c *conn) response(o *outgoing, head wire.ResponseHead, t Timeouts, stop func() bool, s *sending) *wire.Response {
	r := &wire.Response{Status: head.Status, Header: head.Header, Length: head.Length}
	if !wire.HasBody(o.Method, head.Status) || head.Length == 0 {
		c.finish(stop(), head.Keep, s)
		if !wire.HasBody(o.Method, head.Status) && o.Method != http.MethodHead {
			r.Length = -1
		}
		return r
	}
	if c.pause = t.BetweenBytes; eventStream(head.Header.Get("Content-Type")) {
		c.pause = t.EventStream
	}
	b := &body{conn: c, keep: head.Keep, stop: stop, sending: s}
	switch {
	case head.Chunked:
		b.Reset(c.reader, -1, -1)
	case head.Length >= 0:
		b.Reset(c.reader, head.Length, -1)
	default:
		b.ResetUntilClose(c.reader)
		b.keep = false
	}
	r.Body = b
	return r
}

// eventStream tells server-sent events, which may be silent for as long as they like.
func eventStream(mediaType string) bool {
	name, _, _ := strings.Cut(mediaType, ";")
	return wire.EqualFold(wire.TrimSpace(name), "text/event-stream")
}

// copyBody sends a request's body of that length, -1 where nobody knows it. One
// that ends too soon leaves a connection on which the server waits for the rest.
func copyBody(to io.Writer, from io.Reader, length int64, frame framing) error {
	buf := make([]byte, 32<<10)
	var out []byte
	for sent := int64(0); ; {
		n, err := from.Read(buf)
		sent += int64(n)
		if n > 0 {
			data := buf[:n]
			if frame.end != "" {
				out = frame.append(out[:0], data)
				data = out
			}
			if _, err := to.Write(data); err != nil {
				return failure("send the body", err)
			}
		}
		if errors.Is(err, io.EOF) && length >= 0 && sent != length {
			err = io.ErrUnexpectedEOF
		}
		if errors.Is(err, io.EOF) {
			if frame.end != "" {
				_, err = io.WriteString(to, frame.end)
				return err
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrClient, err)
		}
	}
}
