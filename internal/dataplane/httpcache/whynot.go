package httpcache

// WhyNot says in a word why a response is not stored, for Cache-Status. Varnish is given
// the same order and the same words.
func WhyNot(x Exchange, p Policy) string {
	c := ParseControl(x.Header)
	_, named := explicit(x, c)
	switch {
	case x.Status < 200 || neverStored(x.Status):
		return "status"
	case x.Header.Has("Set-Cookie"):
		return "set-cookie"
	case c.Private:
		return "private"
	case c.NoStore && !c.MustUnderstand || c.MustUnderstand && !lasting(x.Status):
		return "no-store"
	case varies(x.Header):
		return "vary"
	case events(x.Header):
		return "events"
	case coded(x.Header):
		return "coding"
	case x.Authorization && !Shareable(c):
		return "authorization"
	case onlyAsked(x.Status) && !p.HasTTL:
		return "status"
	case !named && (!p.HasTTL || !lasting(x.Status)):
		return "no-freshness"
	case c.NoCache:
		return "no-cache"
	}
	return "stale"
}
