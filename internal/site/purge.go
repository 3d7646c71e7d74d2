package site

import "strings"

// CacheName is who speaks in Cache-Status (RFC 9211, 2).
const CacheName = "edgegen"

// Purge is what the cache is to forget. One of the first four says what is meant.
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
