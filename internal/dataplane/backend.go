package dataplane

import (
	"math"
	"net/http"
	"strings"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
)

// askBackend answers a native tier that asks for a backend on the backend's socket.
func (p *Plane) askBackend(x *exchange, id string) answer {
	x.tier = "web"
	x.Path, _, _ = strings.Cut(x.Target, "?")
	group := x.model.watched[id]
	if group == nil { // a daemon of an earlier generation asks once more
		return answer{Response: answers.Failure(http.StatusServiceUnavailable)}
	}
	wish := wishOf(x.Header)
	taken := x.model.byID[wish.route]
	if taken != nil && taken.Static != nil { // it is about files
		x.Header.Del("Accept-Encoding")
	}
	decide.PassOn(&x.Header)
	if wire.EqualFold(x.Upgrade.Protocol, "websocket") && x.Upgrade.Connection && x.Body == nil {
		if x.watch != nil {
			x.watch()
		}
		return p.askToSwitch(x, group, x.model.patience[id])
	}
	// The web tier has already taken in what is to be taken in before an app hears of it.
	r := p.askApp(x, x.model.handing[id], group, x.model.patience[id], true, decide.PassOn)
	if r.Status == answers.Nobody {
		return answer{Response: r, gone: true}
	}
	if taken != nil {
		p.fulfil(wish, x, taken, r)
	}
	x.note(r)
	return answer{Response: r}
}

// askToSwitch asks an app by a WebSocket handshake that the cache tier has found valid.
// The app's answer reaches the client as it is.
func (p *Plane) askToSwitch(x *exchange, group *upstream.Group, t upstream.Timeouts) answer {
	request := x.Request
	request.Header = append(request.Header, wire.Field{Name: "Connection", Value: "Upgrade"}, wire.Field{Name: "Upgrade", Value: "websocket"})
	switched, r, trace, err := group.Upgrade(x.ctx, &request, t)
	x.backend = trace.Server
	if p.options.Piped != nil && x.backend != "" {
		p.options.Piped(x.Header.Get("X-Request-Id"), x.backend)
	}
	switch {
	case err != nil:
		r = p.unanswered(x, err)
		return answer{Response: r, gone: r.Status == answers.Nobody, close: true}
	case r != nil:
		decide.CleanResponse(&r.Header)
		return answer{Response: r, close: true}
	}
	decide.CleanResponse(&switched.Header)
	p.sockets.Enter(math.MaxInt)
	r = &wire.Response{Status: http.StatusSwitchingProtocols, Header: switched.Header, Length: -1}
	return answer{Response: r, switched: switched, close: true}
}

// careless logs that an app sends more than its answers announce.
func (p *Plane) careless(x *exchange) {
	p.log.WarnContext(x.ctx, "an app sends more than its answers say; its connections are not kept for a while",
		"host", x.Host, "backend", x.backend)
}
