package upstream

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/dataplane/wire"
)

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
	switch {
	case len(o.held) >= dear && o.fastcgi == nil && o.Length >= 0:
		c.behind = o.held
	case len(o.held) > 0:
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

// dear is how long a body is that is not copied behind its head.
const dear = 2 << 10

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
