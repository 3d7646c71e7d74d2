package dataplane

import (
	"encoding/base64"
	"net/http"

	"edgegen/internal/dataplane/wire"
)

// wantsWebSocket reports whether a request on a route with websocket is meant
// as a handshake: it says so, or it has what only a handshake has.
func (x *exchange) wantsWebSocket() bool {
	return x.tunnel || x.upgrade.protocol != "" && containsToken(x.upgrade.protocol, "websocket") ||
		x.Header.Has("Sec-WebSocket-Key") || x.Header.Has("Sec-WebSocket-Version")
}

// upgrade is what a request's hop-by-hop fields say about switching.
type upgrade struct {
	protocol   string // Upgrade
	connection bool   // Connection names it
}

func readUpgrade(h wire.Header) upgrade {
	if !h.Has("Upgrade") {
		return upgrade{}
	}
	return upgrade{protocol: h.Joined("Upgrade"), connection: h.Contains("Connection", "upgrade")}
}

func containsToken(list, token string) bool {
	for member := range wire.List(list) {
		if wire.EqualFold(member, token) {
			return true
		}
	}
	return false
}

func webSocketOnly(name string) bool {
	return len(name) > 14 && wire.EqualFold(name[:14], "Sec-WebSocket-")
}

// handshake checks a handshake (RFC 6455 4.2.1): 200 for a valid one.
func (x *exchange) handshake() int {
	h := x.Header
	if x.tunnel {
		return x.tunnelHandshake()
	}
	if x.Method != http.MethodGet || x.protocol != "HTTP/1.1" || x.Length != 0 || x.Body != nil ||
		!wire.EqualFold(x.upgrade.protocol, "websocket") || !x.upgrade.connection ||
		h.Count("Sec-WebSocket-Key") != 1 || h.Count("Sec-WebSocket-Version") != 1 {
		return http.StatusBadRequest
	}
	key, err := base64.StdEncoding.Strict().DecodeString(h.Get("Sec-WebSocket-Key"))
	if err != nil || len(key) != 16 {
		return http.StatusBadRequest
	}
	return webSocketVersion(h)
}

func webSocketVersion(h wire.Header) int {
	if h.Get("Sec-WebSocket-Version") != "13" {
		return http.StatusUpgradeRequired
	}
	return http.StatusOK
}

// webSocket answers a handshake: a valid one by asking the backend.
func (f *front) webSocket(x *exchange) answer {
	switch x.handshake() {
	case http.StatusOK:
	case http.StatusUpgradeRequired:
		return answer{close: true, Response: failure(http.StatusUpgradeRequired,
			wire.Field{Name: "Upgrade", Value: "websocket"}, wire.Field{Name: "Sec-WebSocket-Version", Value: "13"})}
	default:
		return answer{close: true, Response: failure(http.StatusBadRequest)}
	}
	if !f.plane.sockets.enter(x.model.edge.Limits.WebSockets) {
		return answer{close: true, Response: failure(http.StatusServiceUnavailable)}
	}
	a := f.askToSwitch(x)
	if a.switched == nil {
		f.plane.sockets.leave()
	}
	a.close = true // nothing that follows is looked at as a request (W5)
	return a
}

func (f *front) askToSwitch(x *exchange) answer {
	if x.watch != nil {
		x.watch()
	}
	applyToRequest(&x.Header, &x.route.RequestHeaders)
	x.Header.Add("Connection", "Upgrade")
	x.Header.Add("Upgrade", "websocket")
	request := x.Request
	if x.tunnel {
		request = x.asHandshake()
	}
	switched, r, trace, err := x.route.group.Upgrade(x.ctx, &request, patience(x.model.edge.Timeout))
	x.backend, x.asked = trace.Server, trace.Took
	if err != nil {
		r := f.plane.unanswered(x, err)
		return answer{Response: r, gone: r.Status == nobody}
	}
	x.tier = "backend"
	if r != nil {
		cleanResponse(&r.Header)
		return answer{Response: r}
	}
	if x.tunnel && !accepted(switched.Header, request.Header) {
		_ = switched.Close()
		return answer{Response: f.plane.unanswered(x, errNotAccepted)}
	}
	cleanResponse(&switched.Header)
	r = &wire.Response{Status: http.StatusSwitchingProtocols, Header: switched.Header, Length: -1}
	return answer{Response: r, switched: switched}
}
