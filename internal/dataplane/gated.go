package dataplane

import (
	"io"
	"net/http"
	"strings"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/upload"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// askedAtGate answers a native cache tier that asks whether a request may come in. That
// tier has found the route. If the answer is yes, it sends the request once more, to the
// web tier. A request with a body can be sent only once, so it goes from here to the web
// tier.
func (p *Plane) askedAtGate(x *exchange) answer {
	x.tier = "cache"
	onward := x.Header.Get(site.NoteGate) == site.GateOn
	request := x.Request
	request.Header = x.Header.Clone()
	x.shown = p.options.Gates.Handshake(x.Header.Get(site.NoteConnection))
	x.ReceiveRelayed()
	way := x.model.decide.DecideRelayed(&x.Question)
	x.host, x.route = way.Host, x.model.route(way)
	switch {
	case way.Ends():
		return p.atGate(x, x.ended(way).Response)
	case x.route == nil:
		return p.atGate(x, answers.Failure(http.StatusServiceUnavailable))
	}
	var brings wire.Header
	if x.route.gatekeeper != nil { // else it has just been taken away
		var refusal *wire.Response
		if brings, refusal = p.comesIn(x); refusal != nil {
			return p.atGate(x, refusal)
		}
	}
	if onward {
		return p.onward(x, &request, brings)
	}
	r := &wire.Response{Status: http.StatusNoContent, Header: append(brings, wire.Field{Name: site.NoteGate, Value: site.GateIn}), Length: -1}
	return answer{Response: r}
}

// atGate is the answer for a client that does not come in. The request's body is read to
// its end first, since the cache tier does not look for an answer before.
func (p *Plane) atGate(x *exchange, r *wire.Response) answer {
	if r.Status == answers.Nobody {
		return answer{Response: r, gone: true}
	}
	if x.Body != nil {
		_, _ = io.Copy(io.Discard, x.Body) // who leaves meanwhile wants no answer
	}
	r.Header.Add(site.NoteGate, site.GateOut)
	x.note(r)
	return answer{Response: r}
}

// onward passes a request on to the web tier as the cache tier has sent it, with the fields
// that it brings. The route's rules for headers are applied here: the cache tier could not
// yet.
func (p *Plane) onward(x *exchange, request *wire.Request, brings wire.Header) answer {
	request.Header.Filter(func(f wire.Field) bool {
		return !strings.EqualFold(f.Name, "Connection") && !strings.EqualFold(f.Name, site.NoteGate) && !strings.EqualFold(f.Name, site.NoteConnection)
	})
	if g := x.route.gatekeeper; g != nil {
		g.letIn(&request.Header, brings)
	}
	decide.ApplyToRequest(&request.Header, &x.route.RequestHeaders)
	if err := upload.AtHand(&x.Request); err != nil {
		return p.atGate(x, p.unanswered(x, err))
	}
	request.Body, request.Length = x.Body, x.Length
	if x.watch != nil {
		x.watch()
	}
	r, _, err := p.toWeb.RoundTrip(x.ctx, request, x.webPatience())
	if err != nil {
		r = p.unanswered(x, err)
		if r.Status == answers.Nobody {
			return answer{Response: r, gone: true}
		}
		r.Header.Add(site.NoteGate, site.GateIn)
		x.note(r)
		return answer{Response: r}
	}
	r.Header.Filter(func(f wire.Field) bool { return !strings.EqualFold(f.Name, "Connection") })
	r.Header.Add(site.NoteGate, site.GateIn)
	return answer{Response: r}
}
