// Package httpcache is a shared HTTP cache: the rules of RFC 9111 and RFC
// 5861, and stores bounded by bytes, in memory or in a file.
package httpcache

import (
	"strings"
	"time"

	"edgegen/internal/dataplane/wire"
)

// absent is a duration that was not given.
const absent = time.Duration(-1)

// maxDelta is the largest number of seconds: larger ones count as this one (RFC 9111
// 1.2.2).
const maxDelta = 1 << 31

// Control is a response's Cache-Control.
type Control struct {
	NoStore, NoCache, Private, Public bool
	MustRevalidate, ProxyRevalidate   bool
	MustUnderstand                    bool
	// A negative duration was not given. One that cannot be read is zero: the
	// response counts as stale.
	MaxAge, SharedMaxAge               time.Duration
	StaleWhileRevalidate, StaleIfError time.Duration
}

// ParseControl reads every Cache-Control line. Of a directive given twice the
// first counts. A directive that limits itself to fields, as no-cache="a",
// counts for the whole response.
func ParseControl(h wire.Header) Control {
	c := Control{MaxAge: absent, SharedMaxAge: absent, StaleWhileRevalidate: absent, StaleIfError: absent}
	for directive := range h.Members("Cache-Control") {
		name, value, _ := strings.Cut(directive, "=")
		switch strings.ToLower(name) {
		case "no-store":
			c.NoStore = true
		case "no-cache":
			c.NoCache = true
		case "private":
			c.Private = true
		case "public":
			c.Public = true
		case "must-revalidate":
			c.MustRevalidate = true
		case "proxy-revalidate":
			c.ProxyRevalidate = true
		case "must-understand":
			c.MustUnderstand = true
		case "max-age":
			first(&c.MaxAge, value)
		case "s-maxage":
			first(&c.SharedMaxAge, value)
		case "stale-while-revalidate":
			first(&c.StaleWhileRevalidate, value)
		case "stale-if-error":
			first(&c.StaleIfError, value)
		}
	}
	return c
}

func first(d *time.Duration, value string) {
	if *d != absent {
		return
	}
	if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	*d, _ = seconds(value)
}

// seconds reads a number of seconds. More than 18 digits are the largest one.
func seconds(s string) (time.Duration, bool) {
	n, ok := wire.Digits(s)
	if !ok {
		if len(s) <= 18 || strings.Trim(s, "0123456789") != "" {
			return 0, false
		}
		n = maxDelta
	}
	return time.Duration(min(n, maxDelta)) * time.Second, true
}
