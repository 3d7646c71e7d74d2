package dataplane

import (
	"net"
	"net/netip"
	"time"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/dataplane/h2"
	"edgegen/internal/dataplane/wire"
)

// http2 serves HTTP/2 on one connection: it makes an exchange of each stream,
// and frames of its answer.
type http2 struct {
	plane *Plane
	door  *door
	peer  netip.Addr
	tls   uint16          // as in http1
	shown *gate.Handshake // likewise
	serve func(*exchange) answer
	full  bool // beyond the limit of connections: it ends with its first answer
	conn  *h2.Conn
}

// http2 serves a connection until it ends. socket lies beneath it; nil where
// that is no TCP connection.
func (p *Plane) http2(c *http2, conn net.Conn, socket *h2.Socket) {
	c.plane = p
	c.conn = h2.New(p.ended, conn, socket, c, &p.batches)
	p.track.http2(c)
	defer p.track.forgetHTTP2(c)
	c.conn.Serve()
}

// Limits are those of the model in force.
func (c *http2) Limits() h2.Limits {
	edge := c.plane.model.Load().edge
	return h2.Limits{HeaderSize: edge.Limits.HeaderSize, Header: edge.Timeout.Header, Idle: edge.Timeout.Idle}
}

// Go runs one of the connection's goroutines.
func (c *http2) Go(f func()) {
	c.plane.tasks.Go(func() {
		well := false
		defer func() {
			if !well {
				c.conn.Cut()
			}
		}()
		defer c.plane.survive(c.peer)
		f()
		well = true
	})
}

// stream is a request on an HTTP/2 connection, in memory that is used again.
type stream struct {
	exchange
	conn   *http2
	to     *h2.Stream
	body   streamBody
	wait   func() // to.Detach
	status int    // for the access log
	logged bool   // already
}

func newStream() any {
	e := &stream{}
	e.wait = func() { e.to.Detach() }
	return e
}

// Serve answers a request. What is in memory, and small files, it answers on
// the goroutine that reads from the connection.
func (c *http2) Serve(s *h2.Stream) {
	p := c.plane
	p.streams.open.Add(1)
	e := p.requests.Get().(*stream)
	e.conn, e.to, s.User = c, s, e
	e.exchange = exchange{ctx: s, began: time.Now(), watch: e.wait, shown: c.shown, model: p.model.Load(),
		Question: decide.Question{Protocol: "HTTP/2.0", Peer: c.peer, TLS: c.tls, HTTPS: true,
			Request: wire.Request{Method: s.Method, Target: s.Path, Host: s.Authority, Minor: 1, Header: s.Header, Length: s.Length}}}
	a := c.answer(e)
	defer a.Close()
	if c.full || p.lastOne(c.door) {
		c.conn.Leave()
	}
	e.status = a.Status
	if e.body.from != nil && !a.gone && a.switched == nil {
		e.body.overhear(s.Length)
	}
	switch {
	case a.gone:
		e.status = statusGone
		s.Reset(h2.Cancel)
	case a.switched != nil:
		c.pipe(e, a)
	default:
		e.deliver(a)
	}
}

// answer finds the answer to a request.
func (c *http2) answer(e *stream) answer {
	x, s := &e.exchange, e.to
	if s.Fault != nil {
		return c.refuse(x, s.Fault)
	}
	if s.Protocol == "websocket" {
		x.Tunnel = true
	} else if s.Length != 0 && s.Method != "CONNECT" {
		e.body.start(e, x.Header.Contains("Expect", "100-continue"))
		x.Body = &e.body
	}
	return c.serve(x)
}

// refuse answers what is no acceptable request.
func (c *http2) refuse(x *exchange, err error) answer {
	x.Body, x.Client, x.cache, x.tier = nil, c.peer, "PASS", "cache"
	return answer{Response: failure(badRequest(err), wire.Field{Name: "X-Cache", Value: x.cache})}
}

// Ended writes the access log, and takes the memory back.
func (c *http2) Ended(s *h2.Stream) {
	e := s.User.(*stream)
	if !e.logged {
		c.plane.access(e.finish(e.status, s.Sent()), true)
		c.plane.streams.leave()
	}
	wait := e.wait
	*e = stream{wait: wait}
	c.plane.requests.Put(e)
}
