package dataplane

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/dataplane/pipe"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// maxFields is how many field lines a request's head may have.
const maxFields = wire.MaxFields

// http1 serves HTTP/1.x on one connection.
type http1 struct {
	net.Conn
	visit  *visit
	door   *door // of visit
	serve  func(*exchange) answer
	log    bool // this tier writes the access log
	peer   netip.Addr
	tls    uint16          // the version that the client has agreed upon; 0 where it is not known
	over   string          // the version of HTTP that the client speaks with a tier in front, where that is another; else ""
	https  bool            // the client speaks TLS, with the edge or with whoever is in front of it
	shown  *gate.Handshake // as in exchange
	plane  *Plane
	probe  bool
	reader *wire.Reader
	ctx    *leaving
	cancel context.CancelFunc

	x      exchange
	body   requestBody
	out    []byte  // what is to be written next, in pooled
	pooled *[]byte // from the plane's pool
	sent   int64   // of the response's body
	read   deadline
	write  deadline
	eye    eye
	watch  func()      // eye.open: looks whether the client leaves
	idle   atomic.Bool // between two requests
	begun  atomic.Bool // there was one
}

// deadline sets a connection's deadline as seldom as it can. One that is up to an eighth
// late does as well, and nearly every request saves a timer operation.
type deadline struct{ until time.Time }

func (d *deadline) extend(set func(time.Time) error, now time.Time, by time.Duration) {
	if left := d.until.Sub(now); left < by || left > by+by/4 {
		d.until = now.Add(by + by/8)
		_ = set(d.until)
	}
}

func (d *deadline) exactly(set func(time.Time) error, t time.Time) {
	d.until = t
	_ = set(t)
}

// forget has the next deadline set whatever it is: somebody else has set one.
func (d *deadline) forget() { d.until = time.Time{} }

// run serves requests until the connection ends.
func (c *http1) run() {
	defer c.reader.Release()
	defer c.cancel()
	c.eye.conn = c
	c.watch = c.eye.open
	for first := true; c.next(first); first = false {
		c.begun.Store(true)
	}
}

// next serves one request, and reports whether another may follow.
func (c *http1) next(first bool) bool {
	head, err := c.head(first)
	c.sent = 0
	c.x = exchange{Question: decide.Question{Request: wire.Request{Header: c.x.Header[:0]}, Peer: c.peer, TLS: c.tls, HTTPS: c.https},
		ctx: c.ctx, began: time.Now(), watch: c.watch, shown: c.shown, model: c.plane.model.Load()}
	t := c.x.model.edge.Timeout
	if err == nil {
		if err = wire.ParseRequest(head, &c.x.Request); err == nil && len(c.x.Header) > maxFields {
			err = wire.ErrHeadTooLarge
		}
	}
	if err != nil {
		return c.refuse(err)
	}
	keep := c.prepare(t)
	a := c.serve(&c.x)
	defer a.Close()
	if c.probe {
		a.Header.Add(site.NoteGeneration, c.x.model.generation)
	}
	if a.switched != nil {
		c.eye.shut()
		c.pipe(a, t)
		return false
	}
	if a.gone {
		c.eye.shut()
		c.record(statusGone)
		return false
	}
	return c.deliver(a, keep && !a.close && !c.plane.lastOne(c.door), t)
}

// head waits for a request. The time for its head runs from its first byte
// on; on a new connection it runs at once.
func (c *http1) head(first bool) (string, error) {
	m := c.plane.model.Load()
	t := c.door.times(m.edge.Timeout)
	now := time.Now()
	switch {
	case first:
		c.read.exactly(c.SetReadDeadline, now.Add(t.Header))
	case len(c.reader.Buffered()) > 0:
	case c.plane.lastOne(c.door): // since it was told to keep the connection
		c.read.exactly(c.SetReadDeadline, now.Add(min(t.Idle, lastWait)))
	default:
		c.read.extend(c.SetReadDeadline, now, t.Idle)
	}
	c.idle.Store(true)
	if c.plane.stopping.Load() && !first {
		return "", net.ErrClosed
	}
	head, err := c.reader.ReadHead(c.door.headSize(m.edge), func() {
		c.idle.Store(false)
		if !first {
			c.read.exactly(c.SetReadDeadline, time.Now().Add(t.Header))
		}
	})
	c.idle.Store(false)
	return head, err
}

// prepare fills in what the head says, and reports whether the connection may
// stay open.
func (c *http1) prepare(t site.Timeouts) bool {
	x := &c.x
	x.Protocol = "HTTP/1.1"
	keep := true
	if x.Minor == 0 {
		x.Protocol = "HTTP/1.0"
		keep = x.Header.Contains("Connection", "keep-alive")
	} else if x.Header.Has("Connection") {
		keep = !x.Header.Contains("Connection", "close")
	}
	x.Upgrade = decide.ReadUpgrade(x.Header)
	x.over, x.Carried = c.over, c.over != "" && x.Upgrade.Protocol != "" // which a client cannot say there
	if x.Length != 0 {
		expect := x.Minor == 1 && x.Header.Contains("Expect", "100-continue")
		c.body.start(c, x.Length, x.model.decide.Largest(), expect, t.Body)
		x.Body = &c.body
	}
	return keep
}

// refuse answers a request that is malformed, and ends the connection.
func (c *http1) refuse(err error) bool {
	status := answers.BadRequest(err)
	if status == 0 || status == http.StatusRequestTimeout {
		return false // gone, idle for too long, or dribbling
	}
	c.x.Protocol, c.x.Client, c.x.cache, c.x.tier = "", c.peer, "PASS", c.plane.tierName()
	a := passed(status)
	a.close = true
	if c.door != nil && c.door.usage == forFront {
		c.x.others = true
		ownWords(a.Response)
	}
	c.x.Method, c.x.Minor = http.MethodGet, 1
	return c.deliver(a, false, c.x.model.edge.Timeout)
}

// pipe lets a WebSocket through. It need not have ended when pipe returns: then the visit
// stays until it has.
func (c *http1) pipe(a answer, t site.Timeouts) {
	v, p, app := c.visit, c.plane, a.switched
	v.atEnd(func() { app.Close() })
	v.atEnd(p.sockets.Leave)
	r := c.x.finish(http.StatusSwitchingProtocols, int64(len(app.Early)))
	c.read.exactly(c.SetReadDeadline, time.Time{})
	c.write.exactly(c.SetWriteDeadline, time.Now().Add(t.Header))
	c.collect()
	c.out = c.appendHead(c.out, a, true, false)
	c.out = append(c.out, app.Early...)
	_, err := c.Write(c.out)
	c.release()
	early := append([]byte(nil), c.reader.Buffered()...)
	r.Received = int64(len(early))
	if err == nil && len(early) > 0 {
		_, err = app.Write(early)
	}
	c.reader.Release()
	log := c.log
	tell := func(up, down int64) {
		r.Duration, r.Bytes, r.Received = time.Since(r.Time), r.Bytes+down, r.Received+up
		p.access(&r, log)
	}
	if err != nil {
		tell(0, 0)
		return
	}
	c.write.exactly(c.SetWriteDeadline, time.Time{})
	app.Header, app.Early = nil, nil
	carried := &pipe.Pipe{Room: &p.pipes, Idle: t.WebSocketIdle}
	p.track.socket(carried, c.x.backend)
	p.track.forget(c)
	v.stay()
	carried.Carry(c.Conn, app.Conn, func(up, down int64) {
		defer v.end()
		defer p.track.ended(carried)
		tell(up, down)
	})
}
