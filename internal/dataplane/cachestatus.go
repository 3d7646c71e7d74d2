package dataplane

import (
	"net/http"
	"strconv"
	"time"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// tells reports whether the site's answers say in Cache-Status what the cache did.
func (x *exchange) tells() bool { return x.host.Site.Cache.Status }

// tellHit notes that an entry is the answer; a negative ttl is how stale it is.
func (x *exchange) tellHit(e *httpcache.Entry) {
	if x.tells() {
		left := e.Freshness.Lifetime - e.Freshness.Age(time.Now())
		x.told = "hit; ttl=" + strconv.FormatInt(int64(left/time.Second), 10)
	}
}

// tellFailed notes that an entry is the answer because the origin has failed.
func (x *exchange) tellFailed() {
	if x.tells() {
		x.told = "fwd=stale; detail=stale-if-error"
	}
}

// tellAsked notes that the origin was asked, why, and whether its answer was stored; e is
// what was stored before.
func (x *exchange) tellAsked(e *httpcache.Entry, r *wire.Response, asked time.Time, stored bool) {
	if !x.tells() {
		return
	}
	switch {
	case decide.NeverStored(x.route.Route) && !stored:
		x.told = "fwd=bypass; detail=files"
		return
	case e != nil && (httpcache.Validator(e.Header) || e.Freshness.Stale(asked) <= max(e.Freshness.Grace, e.Freshness.IfError)):
		x.told = "fwd=stale"
	case r.Header.Has("Vary"):
		x.told = "fwd=miss" // nobody can tell whether another URL or another variant
	default:
		x.told = "fwd=uri-miss"
	}
	switch {
	case stored:
		x.told += "; stored"
	case x.Method != http.MethodGet:
		x.told += "; detail=method"
	case r.Length > x.model.store.MaxObject():
		x.told += "; detail=size"
	default:
		x.told += "; detail=" + httpcache.WhyNot(x.assessed(r, asked), x.route.policy)
	}
}

// tell adds the note to an answer, behind what other caches have said (RFC 9211, 2).
func (x *exchange) tell(h *wire.Header) {
	if x.host == nil || x.told == "" {
		return
	}
	said := site.CacheName + "; " + x.told
	if h.Has("Cache-Status") {
		said = h.Joined("Cache-Status") + ", " + said
	}
	h.Set("Cache-Status", said)
}
