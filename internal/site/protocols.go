package site

import "strconv"

// Protocols are the versions of HTTP, besides 1.1, that a client may choose with the tls
// tier.
type Protocols struct{ HTTP2, HTTP3 bool }

// The versions by the names that the language has for them.
const (
	HTTP1 = "h1"
	HTTP2 = "h2"
	HTTP3 = "h3"
)

// AltSvc is the value of Alt-Svc (RFC 7838) by which clients learn of HTTP/3; "" where it
// is not spoken. Call it only when the edge's listeners have their ports.
func (e *Edge) AltSvc() string {
	if !e.Protocols.HTTP3 || e.Plain() {
		return ""
	}
	port := e.PublicPort
	if port == 0 && len(e.HTTPS) > 0 {
		port = int(e.HTTPS[0].Address.Port())
	}
	return `h3=":` + strconv.Itoa(port) + `"; ma=86400`
}
