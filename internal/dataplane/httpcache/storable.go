package httpcache

import (
	"net/http"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// storable reports whether a response may be stored at all (RFC 9111 3).
func storable(x Exchange, c Control, p Policy) bool {
	switch {
	case x.Status < 200 || neverStored(x.Status) || onlyAsked(x.Status) && !p.HasTTL:
		return false
	case c.MustUnderstand && !lasting(x.Status), c.NoStore && !c.MustUnderstand:
		return false
	case c.Private || x.Header.Has("Set-Cookie") || varies(x.Header) || events(x.Header) || coded(x.Header):
		return false
	}
	return (!x.Authorization || Shareable(c)) && (!p.Protected || c.Public)
}

// events reports whether a response is a stream of events: events of the past are no
// answer to a later request.
func events(h wire.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return wire.EqualFold(wire.TrimSpace(kind), "text/event-stream")
}

// coded reports whether a response has a coding in which nothing is stored.
func coded(h wire.Header) bool {
	for coding := range h.Members("Content-Encoding") {
		if site.IsUnstoredCoding(coding) {
			return true
		}
	}
	return false
}

// neverStored reports the statuses that say something about one request
// alone: parts and confirmations, and what RFC 6585 keeps out of caches.
func neverStored(status int) bool {
	switch status {
	case 206, 304, 428, 429, 431, 511:
		return true
	}
	return false
}

// onlyAsked reports the statuses that are stored only on a route with a ttl,
// whatever freshness they name: failures, and refusals of somebody.
func onlyAsked(status int) bool {
	return status >= 500 || status == http.StatusUnauthorized || status == http.StatusForbidden
}

// Shareable reports whether a response to an Authorization request may be
// stored, and used for another (RFC 9111 3.5).
func Shareable(c Control) bool { return c.Public || c.MustRevalidate || c.SharedMaxAge >= 0 }

func varies(h wire.Header) bool {
	for name := range h.Members("Vary") {
		if name == "*" || len(name) > maxVaryName {
			return true
		}
	}
	return false
}

// maxVaryName is how long a name in Vary may be: Varnish can take no longer one.
const maxVaryName = 126

// lasting reports whether a route's ttl holds for a status: for answers that say
// something lasting about the resource.
func lasting(status int) bool {
	switch status {
	case 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}
