package dataplane

import (
	"context"
	"net/http"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/flights"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// origin is the web tier, here or in another process, which the cache tier asks. It never
// fails: an error is a response of status 500 or more.
type origin interface {
	fetch(x *exchange) *wire.Response
}

// front is the cache tier.
type front struct {
	plane   *Plane
	origin  origin
	sharing origin // what may be stored is asked for there; nil for origin
	flights flights.Flights
	// background ends, at a stop, the fetches for which no client waits.
	background context.Context
}

// serve answers a request that came over TLS.
func (f *front) serve(x *exchange) answer {
	x.cache, x.tier = "PASS", "cache"
	if w := x.model.decide.Receive(&x.Question); w.Ends() {
		a := x.ended(w)
		a.Header.Add("X-Cache", x.cache)
		return a
	}
	a := f.decide(x)
	if x.host != nil && x.host.Site.HSTS != nil && (!x.model.edge.Plain() || x.Header.Get("X-Forwarded-Proto") == "https") {
		a.Header.Set("Strict-Transport-Security", x.host.Site.HSTS.Value())
	}
	if x.model.altSvc != "" {
		a.Header.Set("Alt-Svc", x.model.altSvc)
	}
	x.tell(&a.Header)
	if x.route != nil {
		decide.ApplyToAnswer(&a.Header, a.Status, &x.route.ResponseHeaders)
	}
	a.Header.Add("X-Cache", x.cache)
	return a
}

// decide finds out what becomes of a request, and answers it.
func (f *front) decide(x *exchange) (a answer) {
	w := x.model.decide.Decide(&x.Question, f.plane.rights)
	x.host, x.route = w.Host, x.model.route(w)
	x.limitBody()
	refusal := f.refusal(x, w)
	switch {
	case refusal != nil:
		a = answer{Response: refusal, gone: refusal.Status == answers.Nobody, close: refusal.Status == http.StatusMisdirectedRequest}
	case w.Turn == decide.Purges:
		return f.plane.purged(x)
	case w.Ends():
		a = x.ended(w)
	case w.Turn == decide.Maintained:
		return answer{Response: f.origin.fetch(x)}
	case w.Turn == decide.WebSocket:
		return f.webSocket(x)
	default:
		return f.ordinary(x)
	}
	f.plane.paged(x, a.Response)
	return a
}

// refusal is the answer to a client that may not come in to the route. It is nil for any
// other client, to whose request the gatekeeper may have added fields.
func (f *front) refusal(x *exchange, w decide.Way) *wire.Response {
	if x.route == nil || x.route.gatekeeper == nil || !w.Arrives() {
		return nil
	}
	brings, refusal := f.plane.comesIn(x)
	if refusal == nil {
		x.route.gatekeeper.letIn(&x.Header, brings)
	}
	return refusal
}

// ordinary answers from the cache, or has the web tier answer.
func (f *front) ordinary(x *exchange) answer {
	x.Header.Filter(func(h wire.Field) bool { return !decide.OnlyWebSocket(h.Name) })
	compress := x.route.Compress
	if compress != nil {
		x.Negotiate(x.route.Route)
	}
	decide.ApplyToRequest(&x.Header, &x.route.RequestHeaders)
	a := f.respond(x)
	if !f.plane.paged(x, a.Response) && compress != nil {
		f.plane.compress(a.Response, compress, x.Coding)
	}
	a.gone = a.Status == answers.Nobody
	return a
}

// limitBody ends the request's body at the size that its route takes.
func (x *exchange) limitBody() {
	if body, ok := x.Body.(interface{ Limit(int64) }); ok && x.route != nil {
		body.Limit(x.route.bodySize)
	}
}

// ended is the edge's own answer to a request whose way ends.
func (x *exchange) ended(w decide.Way) answer {
	if w.Turn == decide.AboutServer {
		return answer{Response: &wire.Response{Status: w.Status(x.Method), Header: w.Fields(), Length: -1}}
	}
	status := w.Status(x.AsksBy())
	if w.Turn == decide.Health && x.model.isAway() {
		status = http.StatusServiceUnavailable
	}
	return answer{Response: answers.Failure(status, w.Fields()...), close: w.Closes()}
}

// respond answers from the cache or past it.
func (f *front) respond(x *exchange) answer {
	past := x.model.decide.Past(&x.Question, x.host.Site)
	if past == decide.LookedUp {
		x.Looked()
		return answer{Response: answers.Worded(f.cached(x))}
	}
	if x.tells() {
		x.told = past.Told()
	}
	if f.plane.web == nil && x.route.Static != nil {
		entity.Tidy(&x.Header) // nginx answers 416 to some of what is to be ignored
	}
	r := f.fetch(x)
	httpcache.TidyAge(&r.Header)
	if x.model.store != nil && !site.IsSafeMethod(x.Method) && r.Status >= 200 && r.Status < 400 {
		f.invalidate(x, r)
	}
	return answer{Response: r}
}
