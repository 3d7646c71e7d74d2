package engines

import (
	"fmt"

	"edgegen/internal/site"
)

func stunnelCannot(edge *site.Edge, _ string) (problem string, at site.Source) {
	return cannotEndTLS(site.Stunnel, edge, "the PROXY header that it writes has addresses only")
}

// varnishCannot finds nothing. Whatever version of HTTP clients use, Varnish is asked by
// HTTP/1.1.
func varnishCannot(*site.Edge, string) (problem string, at site.Source) { return "", site.Source{} }

// nginxCannot is about the tls tier only: as the web tier, nginx can do all that a site asks.
func nginxCannot(edge *site.Edge, tier string) (problem string, at site.Source) {
	switch {
	case tier != site.TLSTier:
		return "", site.Source{}
	case !edge.Uncached():
		return `nginx can be the tls tier only without a cache: cache = "off" in the engine block`, edge.Engine.TLSSource
	case !edge.Protocols.HTTP3 && !edge.Protocols.HTTP2:
		return "nginx always offers clients HTTP/2, but protocols does not name h2", edge.ProtocolsSource
	}
	return cannotEndTLS(site.Nginx, edge, "it does not ask for client certificates here")
}

// cannotEndTLS finds what neither stunnel nor nginx can do as the tls tier. The reason says
// why the daemon cannot tell the next tier about a client's certificate.
func cannotEndTLS(daemon site.Engine, edge *site.Edge, reason string) (problem string, at site.Source) {
	switch {
	case edge.Protocols.HTTP3:
		return fmt.Sprintf("%s does not speak HTTP/3, and protocols asks for h3", daemon), edge.ProtocolsSource
	case len(edge.Announced) > 0:
		return fmt.Sprintf("%s cannot take the PROXY headers that proxy_protocol asks for", daemon), edge.AnnouncedSource
	}
	for _, s := range edge.Sites {
		if s.TLS.Clients.Asked() {
			return fmt.Sprintf("%s cannot pass on the client certificates that %s asks for: %s", daemon, s.Host, reason), s.TLS.Clients.Source
		}
		if s.TLS.Challenged() && len(edge.HTTP) == 0 {
			return fmt.Sprintf("%s cannot answer the ACME authority's challenge for %s in a TLS handshake, and there is no http listener to answer it on", daemon, s.Host), s.TLS.Source
		}
	}
	first := edge.Sites[0]
	for _, s := range edge.Sites[1:] {
		if s.TLS.MinVersion != first.TLS.MinVersion {
			return fmt.Sprintf("%s cannot have min_version %q for %s and %q for %s on one listener",
				daemon, s.TLS.MinVersion, s.Host, first.TLS.MinVersion, first.Host), s.TLS.Source
		}
	}
	return "", site.Source{}
}

// stunnelFiles goes by a measurement: 256 files are enough for 125 clients.
func stunnelFiles(connections int) uint64 { return uint64(connections*256+124) / 125 }

// nginxFiles is twice the usual number, since each request passes nginx twice: before and
// after edgegen.
func nginxFiles(connections int) uint64 { return uint64(4 * connections) }
