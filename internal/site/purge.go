package site

import (
	"net/netip"
	"slices"
	"strings"
)

// CacheName is who speaks in Cache-Status (RFC 9211, 2).
const CacheName = "edgegen"

// PurgeMethod is that of a request to forget what is stored for its URL.
const PurgeMethod = "PURGE"

// PurgedBy reports whether a client may have the cache forget a URL.
func (c *Cache) PurgedBy(client netip.Addr) bool {
	return slices.ContainsFunc(c.Purgers, func(p Prefix) bool { return p.Network.Contains(client) })
}

// Purgeable reports whether somebody may purge by asking.
func (e *Edge) Purgeable() bool {
	return !e.Uncached() && slices.ContainsFunc(e.Sites, func(s Site) bool { return len(s.Cache.Purgers) > 0 })
}

// KeepsStale reports whether a site's stale answers are of any use.
func (e *Edge) KeepsStale() bool {
	return !e.Uncached() && slices.ContainsFunc(e.Sites, func(s Site) bool { return s.Cache.Grace > 0 || s.Cache.StaleIfError > 0 })
}

// Purge is what the cache is to forget. Exactly one of the first four fields is set.
type Purge struct {
	URL    string // a host in lower case and without port, and behind it a target without what IgnoreQuery names
	Prefix string // likewise, but for the end of the target
	Site   string // a Site.Host: whatever was stored for it
	Tag    string // one of those that Cache.Tags is about
	Soft   bool   // it grows stale instead
}

// Host is that of URL or Prefix, and target what is behind it; both are "" where
// neither is given.
func (p *Purge) Host() (host, target string) {
	at := p.URL + p.Prefix
	slash := strings.IndexByte(at, '/')
	if slash < 0 {
		return at, ""
	}
	return at[:slash], at[slash:]
}

// IsTag reports what can be a tag: a word without what stands between two.
func IsTag(text string) bool {
	return text != "" && len(text) <= 1024 && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == ',' || r == 0x7f || r == '"' })
}
