package config

import (
	"slices"

	"edgegen/internal/site"
)

// readProtocols reads the versions of HTTP. Whether a tls tier ends TLS at all is for
// listeners to see.
func readProtocols(b *block, a *argument, edge *site.Edge) {
	if !b.holds(a) {
		edge.Protocols = site.Protocols{HTTP2: true}
		return
	}
	names := []string{site.HTTP1, site.HTTP2, site.HTTP3}
	written, ok := b.texts(a)
	var seen []string
	for _, one := range written {
		switch {
		case !slices.Contains(names, one.text):
			b.errorAt(one.place, suggest(versionOf(one.text), names), "%s cannot hold %q", a.name, one.text)
		case slices.Contains(seen, one.text):
			b.errorAt(one.place, "keep one of them", "%s is named twice", one.text)
		}
		seen = append(seen, one.text)
	}
	if ok && !slices.Contains(seen, site.HTTP1) {
		b.errorAt(b.placeOf(a), "add \"h1\"", "%s lacks h1, which is spoken with whoever chooses nothing", a.name)
	}
	edge.Protocols = site.Protocols{HTTP2: slices.Contains(seen, site.HTTP2), HTTP3: slices.Contains(seen, site.HTTP3)}
}

// versionOf is the version of HTTP that is meant by another spelling, as h2 by "HTTP/2".
func versionOf(text string) string {
	switch text {
	case "http/1.1", "http1", "1.1", "HTTP/1.1":
		return site.HTTP1
	case "http/2", "http2", "2", "HTTP/2":
		return site.HTTP2
	case "http/3", "http3", "3", "HTTP/3", "quic":
		return site.HTTP3
	}
	return text
}
