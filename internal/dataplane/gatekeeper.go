package dataplane

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// gatekeeper is all that is needed to say who may come in to a route.
type gatekeeper struct {
	access   *site.Access
	brings   []string             // the fields that a request may bring
	limiter  *gate.Limiter        // nil for none
	clients  *certificate.Clients // nil where clients are asked for no certificate
	users    *gate.Users          // nil where no password is asked for
	verifier *upstream.Group      // the app that is asked; nil for none
	host     string               // it is asked by; "" for what the client has sent
	patience upstream.Timeouts
}

// gatekeeperOf is nil for a route that looks at the client's address alone, or lets
// everybody in.
func (m *model) gatekeeperOf(s *site.Site, r *site.Route, id string, keeper *gate.Keeper, old *model) *gatekeeper {
	a := &r.Access
	if !a.Gated() {
		return nil
	}
	g := &gatekeeper{access: a, brings: a.Brings()}
	if a.Certified != nil {
		g.clients = m.clients[s.Host]
	}
	if l := a.Limit; l != nil {
		g.limiter = keeper.Limiter(l.Mark(id), l.Every(), l.Burst)
	}
	if a.Basic != nil {
		g.users = keeper.Users(a.Basic.UsersFile)
	}
	if f := a.Forward; f != nil {
		b, _ := s.BackendByName(f.Backend)
		g.verifier, g.host, g.patience = m.group(s.Host, b, old), b.Host, m.patience[site.BackendID(s.Host, b.Name)]
	}
	return g
}

// comesIn checks a request by the gatekeeper of its route. If the request may come in,
// brings are the fields that it gets for the app; an app that is asked to verify the
// request sees them too. Otherwise refusal is the client's answer.
func (p *Plane) comesIn(x *exchange) (brings wire.Header, refusal *wire.Response) {
	g := x.route.gatekeeper
	if l := g.access.Limit; l != nil {
		if wait := g.limiter.Take(x.client(g.limiter, l.Header)); wait > 0 {
			seconds := int64((wait + time.Second - 1) / time.Second)
			return nil, answers.Failure(http.StatusTooManyRequests, wire.Field{Name: "Retry-After", Value: strconv.FormatInt(seconds, 10)})
		}
	}
	if !g.access.Admits(x.Client) {
		return nil, answers.Failure(http.StatusForbidden)
	}
	if c := g.access.Certified; c != nil {
		if brings, refusal = p.certified(x, g.clients, c); refusal != nil {
			return nil, refusal
		}
		decide.Bring(&x.Header, site.CertNames(), brings)
	}
	if b := g.access.Basic; b != nil {
		if refusal := p.knows(x, g.users, b); refusal != nil {
			return nil, refusal
		}
	}
	if f := g.access.Forward; f != nil {
		more, refusal := p.verified(x, g, f)
		return append(brings, more...), refusal
	}
	return brings, nil
}

// client is the key by which a limiter counts a client. A client that does not send the
// field is counted by its address, so that it cannot evade the limit.
func (x *exchange) client(l *gate.Limiter, field string) gate.Key {
	if field != "" && x.Header.Has(field) {
		return l.Text(x.Header.Joined(field))
	}
	return l.Client(x.Client)
}

// knows checks user and password; refusal is nil where they are right.
func (p *Plane) knows(x *exchange, users *gate.Users, b *site.BasicAuth) (refusal *wire.Response) {
	if user, password, ok := decide.Credentials(x.Header); ok {
		if x.watch != nil {
			x.watch()
		}
		switch right, err := users.Check(x.ctx, user, password); {
		case x.ctx.Err() != nil:
			return &wire.Response{Status: answers.Nobody}
		case err != nil: // which has been logged
			return answers.Failure(http.StatusServiceUnavailable)
		case right:
			return nil
		}
	}
	return answers.Failure(http.StatusUnauthorized, wire.Field{Name: "WWW-Authenticate", Value: b.Challenge()})
}

// verified asks an app whether a request comes in.
func (p *Plane) verified(x *exchange, g *gatekeeper, f *site.ForwardAuth) (brings wire.Header, refusal *wire.Response) {
	if x.watch != nil {
		x.watch()
	}
	r, trace, err := g.verifier.RoundTrip(x.ctx, x.toVerify(g, f), g.patience)
	if err != nil {
		x.backend, x.asked = trace.Server, trace.Took
		return nil, p.unanswered(x, err)
	}
	if r.Status < 200 || r.Status > 299 {
		x.tier, x.backend, x.asked = "backend", trace.Server, trace.Took
		decide.CleanResponse(&r.Header)
		return nil, r
	}
	for _, name := range f.CopyHeaders {
		if r.Header.Has(name.Name) {
			brings.Add(name.Name, strings.Clone(r.Header.Joined(name.Name)))
		}
	}
	if r.Body != nil {
		_, err = io.CopyN(io.Discard, r.Body, 64<<10) // so that the connection can be used again
		if err != nil && !errors.Is(err, io.EOF) {
			p.log.WarnContext(x.ctx, "an answer about who comes in breaks off", "backend", trace.Server, "error", err)
		}
		r.Close()
	}
	return brings, nil
}

// toVerify is the request to that app. It has the client's fields, without those about a
// body, a range or a WebSocket, and says what the client has asked for.
func (x *exchange) toVerify(g *gatekeeper, f *site.ForwardAuth) *wire.Request {
	header := x.Header.Clone()
	entity.Strip(&header)
	header.Filter(func(f wire.Field) bool { return !decide.OnlyWebSocket(f.Name) })
	method := x.AsksBy()
	header.Set("X-Forwarded-Method", method)
	header.Set("X-Forwarded-Uri", x.Target)
	request := &wire.Request{Method: http.MethodGet, Target: f.Path, Host: x.Host, Minor: 1, Header: header}
	if g.host != "" {
		request.Host = g.host
	}
	return request
}

// letIn adds to a request the fields that its gatekeeper gives it.
func (g *gatekeeper) letIn(h *wire.Header, brings wire.Header) { decide.Bring(h, g.brings, brings) }
