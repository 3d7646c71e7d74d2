// Package site is the model of an edge: what a site owner's HCL means, as
// plain values. Every default is resolved, every path is absolute, and every
// list is in canonical order, so that two files that mean the same make equal
// models. The package imports nothing of edgegen's and does nothing: no file
// is read and no name is resolved here.
//
// A model is immutable once it is built; it may be read from any goroutine.
package site

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is the place in the HCL that asked for a value. The zero value means
// that nobody asked: the value is a default.
type Source struct {
	File string // relative to the directory that was loaded, with forward slashes
	Line int    // 1-based
}

// Edge is everything one edgegen process serves.
type Edge struct {
	HTTP    []Listener // plain listeners; they only redirect, unless Plain
	HTTPS   []Listener // TLS listeners; empty where Plain, and nowhere else
	User    string     // whom the daemons run as when edgegen is root; "" where none is named
	Trusted []Prefix   // peers whose forwarded headers are believed
	// Announced are the peers whose connections to the public listeners begin with a
	// PROXY header. Those of no other peer do.
	Announced []Prefix
	// Resolvers are the name servers that are asked for the addresses of backends,
	// in turn where one does not answer; empty for those of the machine.
	Resolvers []netip.AddrPort
	// PublicPort is the port that clients see, where it is not that of the first of
	// HTTPS, else 0.
	PublicPort int
	Protocols  Protocols
	HealthPath string // answered on every listener and for every host; "" for none
	Engine     Engines
	Storage    Storage
	Limits     Limits
	Timeout    Timeouts
	Log        Log
	ACME       ACME
	Metrics    *Metrics  // nil where nothing is counted
	Trace      *Trace    // nil where nothing is told of traces
	Raw        *RawTexts // nil for none
	Sites      []Site    // ordered by Host; never empty
	First      int       // the place in Sites of the default site, or else the one that the files name first: TLS clients that name nobody get it

	// Secrets are the texts that are to be shown nowhere, the longest first.
	Secrets []string

	UserSource       Source
	AnnouncedSource  Source
	PublicPortSource Source
	ProtocolsSource  Source
	HealthSource     Source
}

// Listener is one public address. A wildcard such as ":443" is two listeners,
// one for each address family, so that a client's IPv4 address is never
// written as an IPv6 one.
type Listener struct {
	Address netip.AddrPort
	// Optional is set on the IPv6 half of a wildcard and of localhost: on a
	// machine without IPv6 it is left out, and that is no error.
	Optional bool
	// Chosen is set where the site leaves the port to the kernel, which has chosen
	// that of Address.
	Chosen bool
	Source Source
}

// AsWritten is the listener as the site says it, with port 0 for a chosen one.
func (l Listener) AsWritten() Listener {
	if l.Chosen {
		l.Address, l.Chosen = netip.AddrPortFrom(l.Address.Addr(), 0), false
	}
	return l
}

// Prefix is a trusted network.
type Prefix struct {
	Network netip.Prefix // masked
	Source  Source
}

// Storage is where the cache keeps bodies.
type Storage struct {
	Type   string // "memory" or "file"
	Size   int64  // bytes
	Path   string // absolute; "" for memory
	Source Source
}

// Limits bound what the edge takes in.
type Limits struct {
	Connections int   // open client connections
	WebSockets  int   // open WebSockets, counted within Connections
	HeaderSize  int64 // bytes of a request's head
	BodySize    int64 // bytes of a request's body
	Source      Source
}

// HeldBeyond is how many bytes more than a body may have a native cache tier holds of one
// without a length, so that the web tier can say that it is too long.
const HeldBeyond = 1 << 20

// InWork is how many requests a native cache tier has threads for.
func (l Limits) InWork() int { return max(400, l.Connections/4) }

// Timeouts bound how long the edge waits.
type Timeouts struct {
	Header        time.Duration // to receive a request's head
	Idle          time.Duration // between requests of a connection
	Connect       time.Duration // to connect to a backend
	FirstByte     time.Duration // from a sent request to the first byte of its answer
	BetweenBytes  time.Duration // silence within an answer; an event stream has WebSocketIdle instead
	Body          time.Duration // in which a request's body has to move by BodyProgress at least
	WebSocketIdle time.Duration // a WebSocket in which nothing moves
	Drain         time.Duration // how long a stop waits for work in flight
	Source        Source
}

// BodyProgress is how many bytes of a request's body have to come in
// Timeouts.Body, or all that are left of it.
const BodyProgress = 1024

// Log says where messages and the access log go.
type Log struct {
	Access string // "stdout", "off", or an absolute path
	Format string // "json" or "combined"
	// Fields are those of a line in JSON, in their order; nil for LogFields.
	Fields []string
	// Omit is the share of requests that have no line, from 0 to 1. Those that have
	// failed (5xx), and slow ones, have one in any case.
	Omit    float64
	Exclude []string      // paths that have none, with what is below them
	Slow    time.Duration // what takes longer has a line in any case; 0 for nothing
	// MaxSize is how many bytes a file may have before the next one begins, and Keep
	// how many files are kept besides; 0 lets it grow.
	MaxSize int64
	Keep    int
	Level   string // "debug", "info", "warn" or "error"
	Source  Source
}

// Recorded reports whether somebody hears of each request.
func (e *Edge) Recorded() bool {
	return e.Log.Access != "off" || e.Metrics != nil || e.Trace != nil
}

// Metrics is where the edge tells what it does, and counts.
type Metrics struct {
	Listen []Listener
	// Hosts are names by which the listener may be asked, besides IP addresses,
	// localhost and the name of the machine.
	Hosts  []string
	Source Source
}

// LogFields are the fields of a line in JSON where the site names none.
func LogFields() []string {
	return []string{"time", "id", "client", "method", "host", "path", "protocol", "status", "bytes", "received", "duration_us",
		"cache", "tier", "backend", "upstream_us", "referer", "user_agent"}
}

// LogFieldsMore are the fields that a line has where the site names them.
func LogFieldsMore() []string { return []string{"site", "route", "trace_id"} }

// TellsHeads reports whether the access log or a trace has what clients say about
// themselves, as User-Agent.
func (e *Edge) TellsHeads() bool { return e.Log.Access != "off" || e.Trace != nil }

// TellsWays reports whether somebody hears of the site and the route of each request.
func (e *Edge) TellsWays() bool {
	return e.Metrics != nil || e.Trace != nil || slices.ContainsFunc(e.Log.Fields, func(f string) bool { return slices.Contains(LogFieldsMore(), f) })
}

// Site is one canonical host and what is served there.
type Site struct {
	Host        string   // lower case, no trailing dot
	Aliases     []string // likewise; answered with a redirect to Host
	Hosts       []string // likewise, or "*." and a host for one label before it; served as they are
	Default     bool     // serves every host that no site claims; at most one site does
	TLS         TLS
	Backends    []Backend // ordered by Name
	Cache       Cache
	HSTS        *HSTS        // nil where the site says nothing of it
	Maintenance *Maintenance // nil where the site has none
	Routes      []Route      // in the order in which they are looked at; the first that fits is taken
	Raw         *RawTexts    // nil for none
	Source      Source

	HostsSource, DefaultSource Source
}

// Names lists what a site claims by name: its canonical host first, then the
// aliases, then the hosts, wildcards among them.
func (s *Site) Names() []string {
	return slices.Concat([]string{s.Host}, s.Aliases, s.Hosts)
}

// Beneath returns the host that a name of Site.Hosts is a wildcard for the labels
// of, and whether it is one.
func Beneath(name string) (host string, wildcard bool) {
	return strings.CutPrefix(name, "*.")
}

// TLS is a site's certificate. Either Certificates and Keys are set, or
// SelfSigned is, or ACME is.
type TLS struct {
	// Certificates are the absolute paths of PEM chains, of which a client is shown
	// the first that it can use: their keys are of different kinds. Keys are the
	// paths of their PEM keys, in the same order.
	Certificates, Keys []string
	SelfSigned         bool // a local CA in the state directory signs it
	ACME               bool // Edge.ACME gives it; until then one of the local CA is served
	// DNSHook is the command that writes into the DNS what Edge.ACME looks for there;
	// empty where that asks the edge itself. DNSHookDir is its working directory.
	DNSHook    []string
	DNSHookDir string
	MinVersion string // "1.2" or "1.3"
	Clients    Clients
	Source     Source
}

// Clients says whose certificates clients show. The zero value asks for none. The model
// holds what the files say, so that the edge reads none of them again.
type Clients struct {
	CAFile, CRLFile string // absolute; "" for none
	Authorities     string // who gives certificates, PEM
	Revoked         string // lists of those that are taken back (RFC 5280, 5), PEM
	Required        bool   // a client without one does not come in
	Source          Source
}

// Asked reports whether clients are asked for a certificate.
func (c *Clients) Asked() bool { return c.CAFile != "" }

// Given reports whether the certificate comes from files that the site names, and
// not from edgegen.
func (t *TLS) Given() bool { return !t.SelfSigned && !t.ACME }

// Challenged reports whether the authority asks the edge for what only edgegen
// knows, and not the DNS.
func (t *TLS) Challenged() bool { return t.ACME && len(t.DNSHook) == 0 }

// Challenged reports whether an authority asks on the plain listeners.
func (e *Edge) Challenged() bool {
	return !e.Plain() && len(e.HTTP) > 0 && slices.ContainsFunc(e.Sites, func(s Site) bool { return s.TLS.Challenged() })
}

// ACME is the authority that certificates are asked for (RFC 8555).
type ACME struct {
	Email     string // where it writes to; "" for none
	Directory string // the URL of its directory
	CARoot    string // absolute path of what its own certificate is verified with, PEM; "" for the machine's
	CASum     string // of what is in that file
	// KeyID and HMACKey bind the account to one that it knows already (RFC 8555,
	// 7.3.4); both "" for none.
	KeyID, HMACKey string
	Profile        string // of the certificates, by a name of the authority's; "" for its own choice
	Source         Source
}

// Variable is one environment variable of a command, ordered by Name.
type Variable struct {
	Name, Value string
}

// Cache is what a site says about its cached responses.
type Cache struct {
	Grace        time.Duration // a stale response is served this long while a fresh one is fetched
	StaleIfError time.Duration // and this long while the backend fails
	// Heuristic lets a response with a Last-Modified and without freshness, on a
	// route without a ttl, stay fresh for a tenth of its age (RFC 9111 4.2.2).
	Heuristic     bool
	IgnoreCookies []string // cookie names, "*" stands for any run of characters
	// IgnoreQuery names parameters of the query, as they are written there and with "*"
	// likewise: requests that differ in them alone share what is stored.
	IgnoreQuery []string
	Tags        string   // the app's header that names tags; "" for none
	Purgers     []Prefix // clients that may purge a URL by asking for it with PurgeMethod
	Status      bool     // answers tell in Cache-Status what the cache did (RFC 9211)
	Source      Source
	PurgeSource Source
}

// HSTS tells browsers to ask by https alone (RFC 6797).
type HSTS struct {
	MaxAge            time.Duration
	IncludeSubdomains bool
	Preload           bool
	Source            Source
}

// Value is the value of Strict-Transport-Security.
func (h *HSTS) Value() string {
	value := "max-age=" + strconv.FormatInt(int64(h.MaxAge/time.Second), 10)
	if h.IncludeSubdomains {
		value += "; includeSubDomains"
	}
	if h.Preload {
		value += "; preload"
	}
	return value
}

// Maintenance is the page that answers everything while its file exists.
type Maintenance struct {
	Page       string // absolute path
	RetryAfter time.Duration
	Source     Source
}
