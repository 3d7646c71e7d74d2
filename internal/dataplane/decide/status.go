package decide

// Told says why a request was forwarded that goes past the cache, in the words of
// Cache-Status (RFC 9211, 2.2); "" for one that does not. Varnish is given the same ones.
func (p Past) Told() string {
	switch p {
	case NothingStored:
		return "fwd=bypass; detail=off"
	case ByMethod:
		return "fwd=method"
	case WithBody:
		return "fwd=bypass; detail=body"
	case NoStore:
		return "fwd=request; detail=no-store"
	case WithCookie:
		return "fwd=bypass; detail=cookie"
	}
	return ""
}
