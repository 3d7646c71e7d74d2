package dataplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// members serves a connection of another member of the cluster. The member proves in the
// handshake that it has the secret; when the secret changes, it has to connect again.
func (p *Plane) members(v *visit) {
	c := p.options.Cluster
	if c == nil || c.Secure() == nil || p.front == nil {
		return
	}
	secure := c.Secure()
	conn := tls.Server(v.Conn, secure)
	ctx, cancel := context.WithTimeout(p.ended, p.model.Load().edge.Timeout.Header)
	err := conn.HandshakeContext(ctx)
	cancel()
	if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return // gone
	}
	if err != nil {
		p.log.Warn("refused a connection to the cluster's port: the peer is not a member", "peer", v.RemoteAddr().String(), "error", err)
		return
	}
	v.atEnd(func() { conn.Close() })
	serve := func(x *exchange) answer {
		if c.Secure() != secure {
			return answer{Response: declined(), close: true}
		}
		return p.askedByMember(x)
	}
	p.http1(v, &http1{Conn: conn, peer: localhost, https: true, serve: serve})
}

// declined has the asking member ask the app itself.
func declined() *wire.Response {
	return &wire.Response{Status: http.StatusNoContent, Header: wire.Header{{Name: site.NoteMember, Value: site.MemberDeclines}}}
}

// askedByMember answers another member, which has let the client in. It asks nobody but
// the app.
func (p *Plane) askedByMember(x *exchange) answer {
	kind := x.Header.Get(site.NoteMember)
	if kind != site.MemberLookup {
		return p.message(x, kind)
	}
	x.ReceiveRelayed()
	way := x.model.decide.DecideRelayed(&x.Question)
	x.host, x.route = way.Host, x.model.route(way)
	if way.Ends() || x.route == nil || x.route.Redirect != nil || x.Method != http.MethodGet || x.Body != nil {
		return answer{Response: declined(), close: x.Body != nil}
	}
	p.options.Cluster.Served()
	r := p.front.owned(x)
	if r.Status == answers.Nobody {
		return answer{Response: r, gone: true}
	}
	if x.tier == "web" && (r.Status == http.StatusBadGateway || r.Status == http.StatusServiceUnavailable) {
		r.Close() // what this edge cannot, another one may
		return answer{Response: declined()}
	}
	r.Header.Add(site.NoteMember, writeFreshness(x.given, time.Now()))
	x.note(r)
	return answer{Response: r}
}

// owned is the answer to a tier that stores it. That tier is told how fresh the answer is,
// and its tags.
func (f *front) owned(x *exchange) *wire.Response {
	x.member, x.cache, x.tier = true, "MISS", "cache"
	x.Trusted = true // what else it says of the client, a trusted proxy has said
	x.Looked()
	r := answers.Worded(f.cached(x))
	if name := x.host.Site.Cache.Tags; name != "" && x.tags != "" {
		r.Header.Set(name, x.tags)
	}
	return r
}

// gives notes what a member is to know of an answer.
func (x *exchange) gives(e *httpcache.Entry) {
	if x.member {
		x.given, x.tags = &e.Freshness, e.Tags
	}
}

// mostToldByMember bounds a message about the cluster.
const mostToldByMember = 64 << 20

// message answers what a member says of the cluster itself.
func (p *Plane) message(x *exchange, kind string) answer {
	if x.Body == nil {
		return answer{Response: answers.Failure(http.StatusBadRequest)}
	}
	if limited, ok := x.Body.(interface{ Limit(int64) }); ok {
		limited.Limit(mostToldByMember)
	}
	said, err := io.ReadAll(x.Body)
	if err != nil {
		return answer{Response: answers.Failure(http.StatusBadRequest), close: true}
	}
	var data []byte
	if kind == cluster.ForgetKind {
		var keys []string
		keys, err = cluster.Forgotten(said)
		for _, key := range keys {
			p.front.forget(key)
		}
		data = []byte("{}")
	} else {
		data, err = p.options.Cluster.Answer(x.ctx, kind, said)
	}
	if err != nil {
		p.log.Warn("could not answer a member of the cluster", "asked", kind, "error", err)
		return answer{Response: answers.Failure(http.StatusServiceUnavailable)}
	}
	return answer{Response: &wire.Response{Status: http.StatusOK, Length: int64(len(data)), Body: wire.NewBytes(data),
		Header: wire.Header{{Name: "Content-Type", Value: "application/json"}}}}
}

// askedToShare answers a native cache tier, for what may be stored.
func (p *Plane) askedToShare(x *exchange) answer {
	x.tier = "web"
	wish, page := wishOf(x.Header), x.Header.Get(site.NotePage)
	x.ReceiveRelayed()
	x.Trusted = true // as for owned
	way := x.model.decide.DecideRelayed(&x.Question)
	if way.Ends() {
		return x.ended(way)
	}
	x.host, x.route = way.Host, x.model.route(way)
	x.limitBody()
	var r *wire.Response
	if page != "" || x.route == nil || x.route.Redirect != nil || x.Method != http.MethodGet || x.Body != nil || decide.NeverStored(x.route.Route) {
		r = p.front.origin.fetch(x)
	} else {
		r = p.front.share(x)
	}
	if x.route != nil && r.Status != answers.Nobody {
		p.fulfil(wish, x, x.route, r)
	}
	if r.Status == answers.Nobody {
		return answer{Response: r, gone: true}
	}
	x.note(r)
	fresh := x.given
	if x.copied != nil {
		fresh = x.copied
	}
	if fresh != nil && !fresh.Received.IsZero() {
		r.Header.Add(site.NoteStored, fmt.Sprintf("%.3f %.3f", fresh.Lifetime.Seconds(), fresh.Age(time.Now()).Seconds()))
	}
	return answer{Response: r}
}

// share answers with what this edge owns, or has its owner answer.
func (f *front) share(x *exchange) *wire.Response {
	if x.owner = f.owner(x, x.key(x.Target, x.route.variant)); x.owner != nil {
		return f.asked(x)
	}
	return f.owned(x)
}
