package engines

import (
	"fmt"

	"edgegen/internal/site"
)

func stunnelCannot(edge *site.Edge, _ string) (problem string, at site.Source) {
	return cannotEndTLS(site.Stunnel, edge, "its PROXY line names addresses alone")
}

// varnishCannot finds nothing: the tls tier makes HTTP/1.1 of what it is asked.
func varnishCannot(*site.Edge, string) (problem string, at site.Source) { return "", site.Source{} }

// nginxCannot is about ending TLS: there is nothing that the web tier cannot do.
func nginxCannot(edge *site.Edge, tier string) (problem string, at site.Source) {
	switch {
	case tier != site.TLSTier:
		return "", site.Source{}
	case !edge.Uncached():
		return `nginx ends TLS only where nothing is stored, which cache = "off" in the engine block says`, edge.Engine.TLSSource
	case !edge.Protocols.HTTP3 && !edge.Protocols.HTTP2:
		return "nginx offers h2 as well, which protocols leaves out", edge.ProtocolsSource
	}
	return cannotEndTLS(site.Nginx, edge, "it is not asked for one of an authority of the site's own")
}

// cannotEndTLS is about a daemon that learns which site is meant only after TLS has been
// agreed upon. The reason is why it tells nobody whose certificate a client has shown.
func cannotEndTLS(daemon site.Engine, edge *site.Edge, reason string) (problem string, at site.Source) {
	switch {
	case edge.Protocols.HTTP3:
		return fmt.Sprintf("%s does not speak HTTP/3, and protocols asks for h3", daemon), edge.ProtocolsSource
	case len(edge.Announced) > 0:
		return fmt.Sprintf("%s cannot take the PROXY headers that proxy_protocol asks for", daemon), edge.AnnouncedSource
	}
	for _, s := range edge.Sites {
		if s.TLS.Clients.Asked() {
			return fmt.Sprintf("%s cannot tell whose certificate a client of %s has shown: %s", daemon, s.Host, reason), s.TLS.Clients.Source
		}
		if s.TLS.Challenged() && len(edge.HTTP) == 0 {
			return fmt.Sprintf("%s cannot tell an authority in a handshake that %s leads here, and there is no http listener to tell it on", daemon, s.Host), s.TLS.Source
		}
	}
	first := edge.Sites[0]
	for _, s := range edge.Sites[1:] {
		if s.TLS.MinVersion != first.TLS.MinVersion {
			return fmt.Sprintf("%s cannot hold min_version %q for %s and %q for %s on one listener",
				daemon, s.TLS.MinVersion, s.Host, first.TLS.MinVersion, first.Host), s.TLS.Source
		}
	}
	return "", site.Source{}
}

// stunnelFiles is what was measured: 125 clients for 256 files.
func stunnelFiles(connections int) uint64 { return uint64(connections*256+124) / 125 }

// nginxFiles counts each request twice, as edgegen stands between nginx's two parts.
func nginxFiles(connections int) uint64 { return uint64(4 * connections) }
