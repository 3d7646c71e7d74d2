package site

import (
	"net/netip"
	"slices"
	"time"
)

// Edge is everything one edgegen process serves.
type Edge struct {
	HTTP    []Listener // plain listeners; they only redirect, unless Plain
	HTTPS   []Listener // TLS listeners; empty where Plain, and nowhere else
	User    string     // whom the daemons run as when edgegen is root; "" where none is named
	Trusted []Prefix   // peers whose forwarded headers are believed
	// Announced are the peers whose connections to the public listeners begin with a
	// PROXY header. Those of no other peer do.
	Announced []Prefix
	// Resolvers are the name servers that are asked for the addresses of backends: the next
	// one if one does not answer. Empty for those of the machine.
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
	Cluster    *Cluster  // nil for an edge that answers for itself alone
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

// AsWritten is the listener as it stands in the site: with port 0 where the kernel has
// chosen the port.
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

// HeldBeyond is how many bytes beyond the limit of bodies a native cache tier holds of a
// body without a length, so that the web tier sees that the body is too long.
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

// Recorded reports whether there is a record of each request: for the access log, for
// metrics or for traces.
func (e *Edge) Recorded() bool {
	return e.Log.Access != "off" || e.Metrics != nil || e.Trace != nil
}

// Metrics is the listener that tells what the edge does. Without it nothing is counted.
type Metrics struct {
	Listen []Listener
	// Hosts are names by which the listener may be asked, besides IP addresses,
	// localhost and the name of the machine.
	Hosts  []string
	Source Source
}

// TellsHeads reports whether the access log or a trace has fields that clients send, such
// as User-Agent.
func (e *Edge) TellsHeads() bool { return e.Log.Access != "off" || e.Trace != nil }

// TellsWays reports whether a record of a request has to name its site and route.
func (e *Edge) TellsWays() bool {
	return e.Metrics != nil || e.Trace != nil || slices.ContainsFunc(e.Log.Fields, func(f string) bool { return slices.Contains(LogFieldsMore(), f) })
}
