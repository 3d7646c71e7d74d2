package decide

import (
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Past is why a request goes past the cache.
type Past uint8

// The reasons. LookedUp is none.
const (
	LookedUp      Past = iota
	NothingStored      // engine.cache is off
	ByMethod           // neither GET nor HEAD
	WithBody
	NoStore    // Cache-Control says no-store
	WithCookie // one that the site does not ignore
)

// Past says whether a request for the site is looked up in the cache, and why not.
func (m *Model) Past(q *Question, s *site.Site) Past {
	switch {
	case m.edge.Uncached():
		return NothingStored
	case !q.reads():
		return ByMethod
	case q.Body != nil:
		return WithBody
	case q.Header.Contains("Cache-Control", "no-store"):
		return NoStore
	case q.Header.Has("Cookie"):
		if _, other := NotIgnored(q.Header, s.Cache.IgnoreCookies); other {
			return WithCookie
		}
	}
	return LookedUp
}

// NeverStored reports whether nothing of a route is ever stored: files say nothing
// about their freshness.
func NeverStored(r *site.Route) bool { return r.Static != nil && r.Backend == "" && !r.HasTTL }

// Looked changes a request into the one that is looked up, and that the app is asked:
// without the cookies that the site ignores, and with Accept-Encoding as many clients
// have it in common. A request that goes past the cache stays as the client sent it.
func (q *Question) Looked() {
	if q.Header.Has("Cookie") {
		q.Header.Del("Cookie")
	}
	if !q.negotiated {
		normalizeCodings(&q.Header)
	}
}

// Key is what a response to a request for the target is stored under; variant is that of
// the route (Host.Variant). Whatever of the request an app may put into a response, such
// as the port of an absolute URL, is part of the key.
func (q *Question) Key(target, variant string) string {
	key := strings.ToLower(q.Host) + target
	if variant != "" {
		key = variant + "\x00" + key
	}
	if h := q.Header.Get("X-Forwarded-Host"); h != q.Host {
		key = h + "\x00" + key
	}
	if p := q.Header.Get("X-Forwarded-Proto"); p != "https" {
		key = p + "\x00" + key
	}
	if q.Trusted {
		for _, f := range q.Header { // what else an app may write into its answer
			switch name := strings.ToLower(f.Name); {
			case name == "x-forwarded-for" || name == "x-forwarded-host" || name == "x-forwarded-proto":
			case strings.HasPrefix(name, "x-forwarded-") || site.IsTargetName(name) || site.IsCertName(name):
				key = name + ":" + f.Value + "\x00" + key
			}
		}
	}
	return key
}

// SplitKey returns the host, without port, and the target of what is stored under a key.
func SplitKey(key string) (host, target string) {
	key = key[strings.LastIndexByte(key, 0)+1:]
	slash := strings.IndexByte(key, '/')
	if slash < 0 {
		return hostOf(key), ""
	}
	return hostOf(key[:slash]), key[slash:]
}

// NotIgnored is the name of the first cookie that is none of those, in which "*"
// stands for any run of characters.
func NotIgnored(h wire.Header, names []string) (name string, other bool) {
	for line := range h.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(wire.TrimSpace(cookie), "=")
			if name = wire.TrimSpace(name); name == "" && wire.TrimSpace(cookie) == "" {
				continue
			}
			if !matchesAny(name, names) {
				return name, true
			}
		}
	}
	return "", false
}
