package decide

import (
	"net/http"
	"net/netip"
	"strings"

	"edgegen/internal/dataplane/wire"
)

// Question is a request with what its connection says about it, and what is found
// out about it on the way.
type Question struct {
	wire.Request
	Protocol string     // "HTTP/1.1" and the like
	Peer     netip.Addr // who connected to the edge
	TLS      uint16     // the version that the client has agreed upon; 0 where it is not known
	HTTPS    bool       // the client has spoken TLS, as far as is known
	Upgrade  Upgrade    // read before Receive drops the fields
	Tunnel   bool       // a CONNECT for a WebSocket (RFC 8441)
	Carried  bool       // a handshake that a tier in front has made of such a CONNECT

	// Receive finds these.
	Trusted  bool       // what the peer says of the client is believed
	ToldHTTP bool       // whoever is believed says that the client has not spoken TLS
	Client   netip.Addr // who is asking
	ID       string     // X-Request-Id
	// Trace is the traceparent that the app gets, "" where the site has no traces, and
	// TraceKept tells that the peer has sent it.
	Trace     string
	TraceKept bool

	Path string // decoded; Decide finds it
	// Leads is where a redirect leads that depends on the request, or what the app is
	// asked for in place of the target; "" for neither.
	Leads string
	// Coding is the content coding of the answer, where the route compresses and the
	// client takes one; "" for none. Negotiate finds it.
	Coding     string
	negotiated bool
	redirects  string // where the tier that asks leads it by a redirect; "" for nowhere
	Told       string // the route, by its ID, that the tier which asks has found; "" for none
}

// AsksBy is the method that a route has to take for this request. A handshake over HTTP/2
// counts as GET (RFC 8441).
func (q *Question) AsksBy() string {
	if q.Tunnel {
		return http.MethodGet
	}
	return q.Method
}

// reads reports a method by which one reads alone.
func (q *Question) reads() bool { return q.Method == http.MethodGet || q.Method == http.MethodHead }

// asksHealth reports whether the request is for edge.health_path.
func (m *Model) asksHealth(q *Question) bool {
	health := m.edge.HealthPath
	return health != "" && q.reads() && strings.HasPrefix(q.Target, health) && (len(q.Target) == len(health) || q.Target[len(health)] == '?')
}

// toCanonical is where a request is led: to the canonical host in one hop, and to
// https, unless nobody is known to end TLS for this client.
func (m *Model) toCanonical(q *Question, h *Host) string {
	base := h.base
	if h.asked {
		base = "https://" + hostOf(q.Host) + m.port
	}
	if m.edge.Plain() && !q.HTTPS && !q.ToldHTTP {
		base = "http" + strings.TrimPrefix(base, "https") + portOf(q.Host)
	}
	return base + q.Target
}

// portOf is what a client has written after the host, with the colon.
func portOf(host string) string {
	at := strings.LastIndexByte(host, ':')
	if at < 0 || strings.IndexByte(host[at:], ']') >= 0 || at == len(host)-1 {
		return ""
	}
	return host[at:]
}
