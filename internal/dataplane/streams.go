package dataplane

import (
	"context"
	"crypto/tls"
	"math"
	"net"
	"net/netip"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/gate"
)

// streams is a connection with many requests at a time, of HTTP/2 or HTTP/3. It makes an
// exchange of each request, and sends the answer.
type streams struct {
	plane    *Plane
	door     *door
	peer     netip.Addr
	tls      uint16          // as in http1
	shown    *gate.Handshake // likewise
	protocol string          // for the access log
	serve    func(*exchange) answer
	full     bool // beyond the limit of connections: it ends with its first answer
	under    carrying
}

// carrying is the connection itself. Its methods are those of h2.Conn and h3.Conn.
type carrying interface {
	Serve()
	Leave()
	Left() bool
	Cut()
}

// carrier is a stream of such a connection, as h2.Stream says. What answers waits once
// Detach was called.
type carrier interface {
	context.Context
	Head(head fields.Answer, end bool) error
	Write(p []byte) (int, error)
	WriteLast(p []byte) (int, error)
	Last(p []byte)
	Flush()
	Detach()
	Read(p []byte) (int, error)
	SetReadDeadline(t time.Time) error
	Sent() int64
	Cancel()
	Break()
	Tunnel() net.Conn
}

// run serves the connection until it ends. Beneath it is conn, which is from a client.
func (c *streams) run(under carrying, conn net.Conn, from net.Addr, agreed tls.ConnectionState) {
	p := c.plane
	c.under = under
	switch {
	case p.crowded(conn):
		c.serve, c.full = full, true
	case p.front != nil:
		c.serve = p.front.serve
	default:
		client, leave := p.relayedFrom(from, conn.LocalAddr(), agreed, c.shown)
		defer leave()
		client.Protocol = agreed.NegotiatedProtocol
		o, end, err := p.inward(client)
		if err != nil {
			p.log.Warn("cache tier", "error", err)
			return
		}
		defer end()
		c.serve = o.serve
	}
	p.track.muxed(c)
	defer p.track.forgetMuxed(c)
	under.Serve()
}

// Limits are those of the model in force.
func (c *streams) Limits() bounds.Limits {
	edge := c.plane.model.Load().edge
	return bounds.Limits{HeaderSize: edge.Limits.HeaderSize, Header: edge.Timeout.Header, Idle: edge.Timeout.Idle}
}

// Go runs one of the connection's goroutines.
func (c *streams) Go(f func()) {
	c.plane.tasks.Go(func() {
		well := false
		defer func() {
			if !well {
				c.under.Cut()
			}
		}()
		defer c.plane.survive(c.peer)
		f()
		well = true
	})
}

// stream is a request on such a connection, in memory that is used again.
type stream struct {
	exchange
	conn   *streams
	to     carrier
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

// take makes a request of a stream. It goes to answer, and to ended once the answer is
// out or has come to grief.
func (c *streams) take(s carrier, r *fields.Request) *stream {
	p := c.plane
	p.streams.Enter(math.MaxInt)
	e := p.requests.Get().(*stream)
	e.conn, e.to = c, s
	e.exchange = exchange{ctx: s, began: time.Now(), watch: e.wait, shown: c.shown, model: p.model.Load(),
		Question: decide.Question{Protocol: c.protocol, Peer: c.peer, TLS: c.tls, HTTPS: true,
			Request: r.Wire()}}
	return e
}

// answer answers a request.
func (c *streams) answer(e *stream, r *fields.Request) {
	p, s := c.plane, e.to
	a := c.find(e, r)
	defer a.Close()
	if c.full || p.lastOne(c.door) {
		c.under.Leave()
	}
	e.status = a.Status
	if e.body.from != nil && !a.gone && a.switched == nil {
		e.body.overhear(r.Length)
	}
	switch {
	case a.gone:
		e.status = statusGone
		s.Cancel()
	case a.switched != nil:
		c.pipe(e, a)
	default:
		e.deliver(a)
	}
}

// find finds the answer to a request.
func (c *streams) find(e *stream, r *fields.Request) answer {
	x := &e.exchange
	if r.Fault != nil {
		return c.refuse(x, r.Fault)
	}
	if r.Protocol == "websocket" {
		x.Tunnel = true
	} else if r.Length != 0 && r.Method != "CONNECT" {
		e.body.start(e, x.Header.Contains("Expect", "100-continue"))
		x.Body = &e.body
	}
	return c.serve(x)
}

// refuse answers what is no acceptable request.
func (c *streams) refuse(x *exchange, err error) answer {
	x.Body, x.Client, x.cache, x.tier = nil, c.peer, "PASS", "cache"
	return passed(answers.BadRequest(err))
}

// ended writes the access log and gives the request's memory back.
func (c *streams) ended(e *stream) {
	if !e.logged {
		if !e.others {
			c.plane.recorded(&e.exchange, e.status, e.to.Sent(), true)
		}
		c.plane.streams.Leave()
	}
	wait := e.wait
	*e = stream{wait: wait}
	c.plane.requests.Put(e)
}
