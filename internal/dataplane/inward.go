package dataplane

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/dataplane/proxyheader"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// inward hands the requests of one connection of HTTP/2 or 3 to a native cache tier, as
// requests of HTTP/1.1. The connections to that tier name the client in their PROXY
// headers, so they are kept for this client alone.
type inward struct {
	plane *Plane
	line  *upstream.Group
}

// errNoCache is a cache tier that cannot be reached.
var errNoCache = errors.New("connect to the cache tier")

// inward is for a connection that ends when end is called.
func (p *Plane) inward(client proxyheader.Header) (o *inward, end func(), err error) {
	var says bytes.Buffer
	if err := client.Write(&says); err != nil {
		return nil, nil, err
	}
	edge := p.model.Load().edge
	line := upstream.NewLine(&upstream.Line{Dial: p.dialInward, Preface: says.Bytes(), Buffers: &p.buffers,
		Idle: min(edge.Timeout.Header, edge.Timeout.Idle) / 2, // varnishd waits twice as long
		Kept: &p.kept, Most: int64(edge.Limits.InWork())})
	return &inward{plane: p, line: line}, line.Close, nil
}

// relayedFrom is a client whose requests a native cache tier is to answer. leave has to be
// called when its connection has ended.
func (p *Plane) relayedFrom(from, to net.Addr, agreed tls.ConnectionState, shown *gate.Handshake) (client proxyheader.Header, leave func()) {
	client, leave = proxyheader.Header{Source: from, To: to, TLS: proxyheader.Version(agreed.Version)}, func() {}
	if shown != nil {
		client.Connection, leave = p.options.Gates.Enter(shown)
	}
	return client, leave
}

func (p *Plane) dialInward(_ context.Context, patience time.Duration) (net.Conn, error) {
	c, err := p.dialCache(patience)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoCache, err)
	}
	return c, nil
}

// serve answers a request. What the cache tier is asked, it writes into the access log.
func (o *inward) serve(x *exchange) answer {
	p := o.plane
	x.Client, x.cache, x.tier = x.Peer, "PASS", "cache"
	if a, refused := x.beforeCache(); refused {
		return a
	}
	if !p.asked.Enter(x.model.edge.Limits.InWork()) {
		return passed(http.StatusServiceUnavailable)
	}
	x.others = true
	x.watch()
	a := o.ask(x)
	if a.Body == nil || a.switched != nil {
		p.asked.Leave()
	} else {
		a.Body = &wire.Ending{ReadCloser: a.Body, End: p.asked.Leave}
	}
	return a
}

// beforeCache is the answer to a request that HTTP/1.1 cannot express, or that varnishd
// would refuse without a body.
func (x *exchange) beforeCache() (a answer, refused bool) {
	switch {
	case x.Method == http.MethodConnect && x.Target == "":
		return passed(http.StatusMethodNotAllowed, wire.Field{Name: "Allow", Value: site.AllowLine(site.UsualMethods())}), true
	case x.ExpectsOther():
		return passed(http.StatusExpectationFailed), true
	case x.Method == http.MethodConnect && !x.Tunnel:
		x.Length = 0 // it has no body, and its method is not taken
	}
	return answer{}, false
}

// ask asks the cache tier, which looks after the time that everything may take.
func (o *inward) ask(x *exchange) answer {
	long := x.model.outlasting
	t := upstream.Timeouts{Connect: x.model.edge.Timeout.Connect, FirstByte: long, BetweenBytes: long, EventStream: long}
	if x.Tunnel {
		return o.tunnel(x, t)
	}
	if b, ok := x.Body.(*streamBody); ok {
		o.bound(b, x)
	}
	r, _, err := o.line.RoundTrip(x.ctx, &x.Request, t)
	if err != nil {
		return o.unanswered(x, err)
	}
	if !r.Header.Has("X-Cache") { // varnishd itself has refused it, in no words
		r.Close()
		return passed(r.Status)
	}
	decide.PassOn(&r.Header)
	return answer{Response: r}
}

// bound limits a body. The limit is higher than the site's, since the cache tier takes the
// body in and says itself that it is too long.
func (o *inward) bound(b *streamBody, x *exchange) {
	largest, t := x.model.decide.Largest(), x.model.edge.Timeout
	switch b.left = x.Length; {
	case x.Length < 0:
		b.left = largest + site.HeldBeyond
	case x.Length > largest:
		b.pace.Limit += min(t.Header, t.Idle)
	}
}

// tunnel has the cache tier open a WebSocket.
func (o *inward) tunnel(x *exchange, t upstream.Timeouts) answer {
	if x.Length >= 0 {
		x.others = false
		return passed(http.StatusBadRequest)
	}
	x.Header.Del("Expect")
	x.Header.Add("Connection", "Upgrade")
	x.Header.Add("Upgrade", "websocket")
	request := x.asHandshake()
	switched, r, _, err := o.line.Upgrade(x.ctx, &request, t)
	switch {
	case err != nil:
		return o.unanswered(x, err)
	case r != nil:
		r = o.plane.refusing(x, r)
		decide.CleanResponse(&r.Header) // it may be the app's, as it is
		r.Header.Add("X-Cache", x.cache)
		return answer{Response: r}
	case !accepted(switched.Header, request.Header):
		_ = switched.Close()
		return o.unanswered(x, errNotAccepted)
	}
	decide.CleanResponse(&switched.Header)
	o.plane.sockets.Enter(x.model.edge.Limits.Connections) // whoever pipes it holds it to limits.websockets
	return answer{Response: &wire.Response{Status: http.StatusSwitchingProtocols, Header: switched.Header, Length: -1}, switched: switched}
}

// unanswered is the answer where the cache tier gives none.
func (o *inward) unanswered(x *exchange, err error) answer {
	if errors.Is(err, errNoCache) && !errors.Is(err, upstream.ErrClient) {
		x.others = false // it has not heard of it
		o.plane.log.Warn("cache tier", "error", err)
		return passed(http.StatusServiceUnavailable)
	}
	r := o.plane.unanswered(x, err)
	if r.Status != answers.Nobody {
		r.Header.Add("X-Cache", x.cache)
	}
	return answer{Response: r, gone: r.Status == answers.Nobody}
}
