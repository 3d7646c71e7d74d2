package site

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Route is what a site does for some paths. A route with a Path matches whole
// segments: "/ws" matches "/ws" and "/ws/x", never "/wsx". Which route a request
// takes package routing says.
type Route struct {
	Path       string    // starts with "/"; ends with "/" only when it is "/", or Exact; "" where there is a Pattern
	Exact      bool      // Path alone is matched, and nothing below it
	Pattern    string    // a regular expression that matches decoded paths; "" where there is a Path
	Match      *Match    // nil where the path alone decides
	Static     *Static   // nil where no files are served
	Redirect   *Redirect // when set, nothing else but header rules is
	Rewrite    *Rewrite  // nil where the app sees the target as the client sent it
	Internal   bool      // no client reaches it, and apps of the site lead there (X-Accel-Redirect)
	Backend    string    // the name of a Backend of the same site; "" for none
	WebSocket  bool      // upgrades are piped from the cache tier to Backend
	Stream     bool      // request bodies reach Backend as they come
	BodySize   int64     // bytes of a request's body; 0 for what Edge.Limits says
	Methods    []string  // that are taken, of Methods(); nil for UsualMethods()
	Access     Access
	Compress   *Compress   // nil where answers pass as they are
	ErrorPages []ErrorPage // no two for one status
	TTL        time.Duration
	// HasTTL tells a ttl of zero from none. The ttl is for how long a response is fresh
	// that does not say that itself.
	HasTTL          bool
	RequestHeaders  HeaderRules
	ResponseHeaders HeaderRules
	Raw             *RawTexts // nil for none

	Source          Source
	BackendSource   Source
	WebSocketSource Source
	StreamSource    Source
	InternalSource  Source
	MethodsSource   Source
	BodySizeSource  Source
	CacheSource     Source
}

// Static serves files.
type Static struct {
	Root string // absolute
	// TryFiles are tried in order; the backend, or else 404, comes after the
	// last. An entry that ends in "/" has been replaced by one for each of the
	// HCL's index names, so only regular files are ever looked for.
	TryFiles   []Try
	Source     Source
	RootSource Source
}

// Try is one entry of try_files: "$uri" between a prefix and a suffix, as
// "$uri/index.html" is. Where HasURI is false the entry is the fixed path in
// Suffix.
type Try struct {
	Prefix, Suffix string
	HasURI         bool
}

// String returns the entry as it is written in HCL.
func (t Try) String() string {
	if !t.HasURI {
		return t.Suffix
	}
	return t.Prefix + "$uri" + t.Suffix
}

// IsIndex reports an entry that looks for a file in the directory that is asked
// for.
func (t Try) IsIndex() bool {
	return t.HasURI && len(t.Suffix) > 1 && strings.LastIndexByte(t.Suffix, '/') == 0
}

// Takes reports whether a route takes a method.
func (r *Route) Takes(method string) bool {
	if r.Methods == nil {
		return IsUsualMethod(method)
	}
	return slices.Contains(r.Methods, method)
}

// Allowed lists the methods that a route takes.
func (r *Route) Allowed() []string {
	if r.Methods == nil {
		return UsualMethods()
	}
	return r.Methods
}

// HandsOver reports whether apps of the site may lead a request on, to a route that is
// Internal.
func (s *Site) HandsOver() bool {
	return slices.ContainsFunc(s.Routes, func(r Route) bool { return r.Internal })
}

// Takes reports whether a route of any site takes a method, or would if it named
// none.
func (e *Edge) Takes(method string) bool {
	if IsUsualMethod(method) {
		return true
	}
	for i := range e.Sites {
		if slices.ContainsFunc(e.Sites[i].Routes, func(r Route) bool { return r.Takes(method) }) {
			return true
		}
	}
	return false
}

// LargestBody is how many bytes the body of a request may have on the most generous
// route.
func (e *Edge) LargestBody() int64 {
	largest := e.Limits.BodySize
	for i := range e.Sites {
		for j := range e.Sites[i].Routes {
			largest = max(largest, e.Sites[i].Routes[j].BodySize)
		}
	}
	return largest
}

// BackendByName returns the site's backend of that name. The model guarantees
// that every name a Route holds is found.
func (s *Site) BackendByName(name string) (*Backend, bool) {
	for i := range s.Backends {
		if s.Backends[i].Name == name {
			return &s.Backends[i], true
		}
	}
	return nil, false
}

// Plain reports that somebody in front of the edge ends TLS: the sites are served
// on the plain listeners.
func (e *Edge) Plain() bool { return e.Engine.TLS == Off }

// Announces reports a peer whose connections have to begin with a PROXY header.
func (e *Edge) Announces(peer netip.Addr) bool {
	return slices.ContainsFunc(e.Announced, func(p Prefix) bool { return p.Network.Contains(peer) })
}

// PlainByTLS reports that the plain listeners are the tls tier's: as the sites are
// served there, or as nginx could take PROXY headers of all peers or of none.
func (e *Edge) PlainByTLS() bool { return e.Plain() || len(e.Announced) > 0 }

// Uncached reports that nothing is stored. A plane then does the rest of what the cache
// tier does.
func (e *Edge) Uncached() bool { return e.Engine.Cache == Off }

// Public are the listeners on which the sites are served.
func (e *Edge) Public() []Listener {
	if e.Plain() {
		return e.HTTP
	}
	return e.HTTPS
}

// RedirectPort returns what follows the host in a redirect to https: the public
// port, or else that of the edge's first TLS listener, as ":8443", or "" where it
// is 443 or there is none.
func (e *Edge) RedirectPort() string {
	port := e.PublicPort
	if port == 0 && len(e.HTTPS) > 0 {
		port = int(e.HTTPS[0].Address.Port())
	}
	if port == 0 || port == 443 {
		return ""
	}
	return ":" + strconv.Itoa(port)
}

// URLHost returns a host as it stands in a URL and in a Host header: an IPv6
// address in brackets, everything else as it is.
func URLHost(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
