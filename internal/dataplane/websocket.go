package dataplane

import (
	"net/http"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/wire"
)

// webSocket answers a valid handshake by asking the backend.
func (f *front) webSocket(x *exchange) answer {
	if !f.plane.sockets.Enter(x.model.edge.Limits.WebSockets) {
		return answer{close: true, Response: answers.Failure(http.StatusServiceUnavailable)}
	}
	a := f.askToSwitch(x)
	if a.switched == nil {
		f.plane.sockets.Leave()
	}
	a.close = true // nothing that follows is looked at as a request (W5)
	return a
}

func (f *front) askToSwitch(x *exchange) answer {
	if x.watch != nil {
		x.watch()
	}
	decide.ApplyToRequest(&x.Header, &x.route.RequestHeaders)
	x.Header.Add("Connection", "Upgrade")
	x.Header.Add("Upgrade", "websocket")
	request := *x.forApp()
	if x.Tunnel {
		request = x.asHandshake()
	}
	switched, r, trace, err := x.route.group.Upgrade(x.ctx, &request, x.route.patience)
	x.backend, x.asked = trace.Server, trace.Took
	if err != nil {
		r := f.plane.unanswered(x, err)
		return answer{Response: r, gone: r.Status == answers.Nobody}
	}
	x.tier = "backend"
	if r != nil {
		decide.CleanResponse(&r.Header)
		return answer{Response: f.plane.refusing(x, r)}
	}
	if x.Tunnel && !accepted(switched.Header, request.Header) {
		_ = switched.Close()
		return answer{Response: f.plane.unanswered(x, errNotAccepted)}
	}
	decide.CleanResponse(&switched.Header)
	r = &wire.Response{Status: http.StatusSwitchingProtocols, Header: switched.Header, Length: -1}
	return answer{Response: r, switched: switched}
}
