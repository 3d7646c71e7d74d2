package engines

import "edgegen/internal/site"

// Spoken returns the versions of HTTP, besides 1.1, that these engines offer to clients.
func Spoken(edge *site.Edge, by site.Engines) site.Protocols {
	tls, daemon := Named(by.TLS)
	switch {
	case edge.Plain():
		return site.Protocols{}
	case daemon:
		return site.Protocols{HTTP2: tls.HTTP2 && edge.Protocols.HTTP2}
	}
	return edge.Protocols
}
