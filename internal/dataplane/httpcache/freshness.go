package httpcache

import (
	"net/http"
	"strconv"
	"time"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Policy is what the site says about caching.
type Policy struct {
	TTL          time.Duration // of responses that name no freshness themselves
	HasTTL       bool
	Heuristic    bool // responses may name none, and have a Last-Modified
	Grace        time.Duration
	StaleIfError time.Duration
	Protected    bool // it is known who asks: only what says public is for others
}

// PolicyOf is what a site says of the answers on a route of its own.
func PolicyOf(s *site.Site, r *site.Route) Policy {
	return Policy{TTL: r.TTL, HasTTL: r.HasTTL, Heuristic: s.Cache.Heuristic, Grace: s.Cache.Grace, StaleIfError: s.Cache.StaleIfError,
		Protected: r.Access.Protects()}
}

// Freshness is how long a stored response may be used. It is immutable.
type Freshness struct {
	Received   time.Time     // when the response, or its last validation, came
	InitialAge time.Duration // its age then
	Lifetime   time.Duration // how old it may become
	Grace      time.Duration // beyond Lifetime, while a fresh copy is fetched
	IfError    time.Duration // beyond Lifetime, while the backend fails
}

// Age is the response's age (RFC 9111 4.2.3).
func (f Freshness) Age(now time.Time) time.Duration {
	return f.InitialAge + max(0, now.Sub(f.Received))
}

// Stale is by how much the response is too old; not positive while it is fresh.
func (f Freshness) Stale(now time.Time) time.Duration {
	if over := f.Age(now) - f.Lifetime; over != 0 {
		return over
	}
	return 1 // fresh means younger than the lifetime
}

// Over is the freshness of a copy that has just come from another cache, which says f of it:
// age and lifetime are those of f, and how long it may be served stale is that of own.
func (f Freshness) Over(own Freshness) Freshness {
	own.InitialAge, own.Lifetime = f.InitialAge, f.Lifetime
	return own
}

// Exchange is a response with everything of its request that decides whether it may be
// stored.
type Exchange struct {
	Method        string
	Authorization bool // the request had the field
	Asked         time.Time
	Came          time.Time
	Status        int
	Header        wire.Header
}

// Assess decides whether a response may be stored, and for how long it is
// fresh. A response that could never be used again, neither as it is nor
// after validation, is not stored.
func Assess(x Exchange, p Policy) (Freshness, bool) {
	c := ParseControl(x.Header)
	if x.Method != http.MethodGet || !storable(x, c, p) {
		return Freshness{}, false
	}
	lifetime, named := explicit(x, c)
	owner := !named && p.HasTTL && lasting(x.Status) && (p.TTL > 0 || !p.Heuristic)
	guess := !named && !owner && p.Heuristic && (lasting(x.Status) || c.Public) && Validator(x.Header)
	if !named && !owner && !guess {
		return Freshness{}, false // nearly always, and before any date is read
	}
	age, known := initialAge(x)
	f := Freshness{Received: x.Came, InitialAge: age, Lifetime: lifetime}
	switch {
	case owner:
		f.Lifetime = p.TTL + age // the owner counts from when it came
	case guess:
		f.Lifetime = heuristic(x)
	}
	f.Grace, f.IfError = staleness(c, p, f.Lifetime)
	if !known {
		f.Lifetime = min(age, f.Lifetime) // stale
	}
	over := f.InitialAge - f.Lifetime
	return f, over < 0 || over < max(f.Grace, f.IfError) || Validator(x.Header)
}

// Validator reports whether a response can be validated.
func Validator(h wire.Header) bool {
	_, dated := entity.Date(h.Get("Last-Modified"))
	return dated || h.Has("ETag")
}

// explicit is the lifetime a response names itself (RFC 9111 4.2.1).
func explicit(x Exchange, c Control) (time.Duration, bool) {
	switch {
	case c.NoCache:
		return 0, true
	case c.SharedMaxAge >= 0:
		return c.SharedMaxAge, true
	case c.MaxAge >= 0:
		return c.MaxAge, true
	case x.Header.Has("Expires"):
		expires, ok := entity.Date(x.Header.Get("Expires"))
		if !ok {
			return 0, true
		}
		date, ok := entity.Date(x.Header.Get("Date"))
		if !ok {
			date = x.Came
		}
		return max(0, expires.Sub(date)), true
	}
	return 0, false
}

// heuristic is the lifetime of a response that names none: a tenth of its age
// when it was made, at most a day (RFC 9111 4.2.2).
func heuristic(x Exchange) time.Duration {
	modified, ok := entity.Date(x.Header.Get("Last-Modified"))
	if !ok {
		return 0
	}
	date, ok := entity.Date(x.Header.Get("Date"))
	if !ok {
		date = x.Came
	}
	return max(0, min(date.Sub(modified)/10, 24*time.Hour))
}

// initialAge is the age a response came with (RFC 9111 4.2.3). It reports
// false where the response gives an Age that is no number of seconds, or
// several: nobody knows how old it is.
func initialAge(x Exchange) (time.Duration, bool) {
	age := time.Duration(0)
	if date, ok := entity.Date(x.Header.Get("Date")); ok {
		age = max(0, x.Came.Truncate(time.Second).Sub(date))
	}
	said, known := time.Duration(0), true
	if n := x.Header.Count("Age"); n > 0 {
		said, known = seconds(x.Header.Get("Age"))
		known = known && n == 1
	}
	age = max(age, said+x.Came.Sub(x.Asked))
	return min(age, maxDelta*time.Second), known
}

// TidyAge drops from a response an Age that is no number of seconds, which
// recipients ignore at best, and writes another as they all read it.
func TidyAge(h *wire.Header) {
	switch h.Count("Age") {
	case 0:
	case 1:
		if age, ok := seconds(h.Get("Age")); ok {
			h.Set("Age", strconv.FormatInt(int64(age/time.Second), 10))
			return
		}
		fallthrough
	default:
		h.Del("Age")
	}
}

// staleness is how long a response may be served beyond its lifetime: as it
// says itself, else as the site says, and not at all where it forbids that.
// s-maxage forbids what the response does not allow itself (RFC 9111
// 5.2.2.10), and what is never fresh is asked about each time.
func staleness(c Control, p Policy, lifetime time.Duration) (grace, ifError time.Duration) {
	if c.MustRevalidate || c.ProxyRevalidate || c.NoCache {
		return 0, 0
	}
	if c.SharedMaxAge < 0 && lifetime > 0 {
		grace, ifError = p.Grace, p.StaleIfError
	}
	if c.StaleWhileRevalidate >= 0 {
		grace = c.StaleWhileRevalidate
	}
	if c.StaleIfError >= 0 {
		ifError = c.StaleIfError
	}
	return grace, ifError
}
