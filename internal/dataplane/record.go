package dataplane

import (
	"net/http"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/dataplane/decide"
)

// record logs the request under way.
func (c *http1) record(status int) {
	if c.plane.options.Access == nil || !c.log || c.probe || c.x.others {
		return
	}
	c.plane.recorded(&c.x, status, c.sent, c.log)
}

// recorded hands over the record of an exchange that has ended.
func (p *Plane) recorded(x *exchange, status int, bytes int64, log bool) {
	r := p.records.Get().(*accesslog.Record)
	*r = x.finish(status, bytes)
	p.access(r, log)
	p.records.Put(r)
}

// finish makes the record of an exchange that has ended.
func (x *exchange) finish(status int, bytes int64) accesslog.Record {
	client := x.Client
	if !client.IsValid() {
		client = x.Peer
	}
	if x.ID == "" { // refused before it got one
		x.ID = decide.NewID()
	}
	if x.over != "" {
		x.Protocol = x.over
	}
	if x.Carried {
		x.Method = http.MethodConnect
	}
	return accesslog.Record{
		Way: x.way(), Time: x.began, ID: x.ID, Trace: x.Trace, Inherited: x.TraceKept, Client: client, Protocol: x.Protocol, Method: x.Method, Host: x.Host, Path: x.Target,
		Referer: x.Header.Get("Referer"), UserAgent: x.Header.Get("User-Agent"),
		Status: status, Bytes: bytes, Duration: time.Since(x.began),
		Cache: x.cache, Tier: x.tier, Backend: x.backend, Upstream: x.asked,
	}
}

// way is where the request was led, as far as that was found out.
func (x *exchange) way() accesslog.Way {
	switch {
	case x.route != nil:
		return x.route.way
	case x.host != nil:
		return accesslog.Way{Site: x.host.Site.Host}
	}
	return accesslog.Way{}
}

func (p *Plane) access(r *accesslog.Record, log bool) {
	if log && p.options.Access != nil {
		p.options.Access(r)
	}
}

// tierName is the tier that answers what is no request.
func (p *Plane) tierName() string {
	if p.options.Roles.Cache {
		return "cache"
	}
	if !p.options.Roles.Web {
		return "tls"
	}
	return "web"
}
