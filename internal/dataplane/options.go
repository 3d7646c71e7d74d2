// Package dataplane is the builtin tiers: TLS, cache and web, and the pipe
// for WebSockets. It serves what a site model says, with any of the tiers
// left to a native daemon:
//
//	client --TLS--> tls --PROXY--> cache --> web --> backend
//	                                 \---- WebSocket ---^
//
// Neighbouring tiers of one Plane are function calls; towards a native tier a
// Plane speaks what the daemon it stands in for would speak.
//
// Where a site owner might wonder:
//   - What is malformed is refused more strictly than RFC 9112 asks: any second
//     Content-Length or Transfer-Encoding, "#" in a target, an empty Host, more
//     than 256 fields. Trailers are read and dropped, interim responses too.
//   - A dribbling head or an idle connection is closed without an answer.
//   - A request's body is taken in whole before the backend hears of it, in
//     memory up to 64 KiB, unless its route streams.
//   - A client's Cache-Control is not obeyed: answers.Nobody can force a fetch.
//   - Past the cache (PASS) all cookies of a request go to the backend. Where the
//     response may be stored, ignored cookies do not, and Accept-Encoding is
//     reduced to "br, gzip", "gzip" or nothing, so that variants are few. On a
//     route that compresses, the app never sees Accept-Encoding.
//   - A miss fetches the whole resource, without the client's Range and
//     conditions, and answers these from the response. If that could not be
//     stored, requests of the next two minutes are sent on as clients have asked.
//   - A fetch that began before an unsafe request ended is not stored.
//   - s-maxage forbids stale answers unless the response allows them itself.
//   - A file is served with POST and the like only by the backend; without one
//     that is 405. A file that may not be read does not exist.
//   - Files may be read as a user who is not root. If that user loses the right to
//     a directory above them, this is noticed within a quarter of a second.
//   - A stop ends WebSockets once no request is under way any more.
//   - HTTP/2 and 3 are spoken with WebSockets over them (RFC 8441, RFC 9220) too. What is
//     malformed is answered with 400, and its stream reset. A cache tier of another process
//     is asked over HTTP/1.1 (inward.go).
package dataplane

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"

	"edgegen/internal/accesslog"
	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/dataplane/h3"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/site"
)

// Roles are the tiers a Plane serves.
type Roles struct {
	TLS, Cache, Web bool
	// Shares is a part of the cache tier beside a native one: it stores what this edge owns
	// in a cluster, and asks other members for the rest.
	Shares bool
}

// Model is what a reload changes.
type Model struct {
	// Edge is the site model. Host names of backend servers must be IP addresses,
	// or "localhost", where the backend is not among Watched.
	Edge *site.Edge
	// Certificates has those of each of Edge.Sites, in their order: a client is
	// shown the first that it can use. Only the TLS tier needs them.
	Certificates [][]tls.Certificate
	// TicketSecret is what the keys of session tickets follow from, at all edges that know
	// it; "" for keys of this plane's own.
	TicketSecret string
	// Generation names the model; Plane.Generation and probes tell it. It may
	// be empty.
	Generation string

	// Private is what is never served as a file.
	Private site.Private

	// Watched are the groups of the backends whose servers somebody else looks
	// after (site.Backend.Watched), by site.BackendID. They stay the caller's.
	Watched map[string]*upstream.Group
	// Relays are served whatever the roles are.
	Relays []Relay

	// Members are where other members of the cluster ask this edge.
	Members []net.Listener

	HTTPS []net.Listener // the TLS tier's public listeners
	HTTP  []net.Listener // the web tier's public plain-HTTP listeners
	// QUIC are the sockets that the TLS tier serves HTTP/3 on. They stay the caller's, and
	// have to be open until the Plane, and its connections, have ended.
	QUIC []*h3.Endpoint
}

// Relay is a Unix socket on which native tiers ask for one backend of Watched, as they
// would ask an app. Those tiers have checked and cleaned the request. It is passed on as it
// is, and so is the answer. The answer bears a note for the web tier's log, site.NoteTier,
// unless it is to a WebSocket handshake.
type Relay struct {
	net.Listener
	Backend string // its site.BackendID; "" where Options.Challenge answers, or one of those below
}

// PurgeRelay stands for no backend: requests to purge come there.
const PurgeRelay = "purge"

// GateRelay likewise: a native cache tier asks there whether a request may come in to
// its route.
const GateRelay = "gate"

// CountsRelay likewise: a native cache tier is handed there how often clients have come.
const CountsRelay = "counts"

// Options is what a Plane serves, and where. A listener belongs to the Plane
// from New on, which closes it when it stops: hand over a duplicate of a
// socket that is to outlive the Plane. Any listener may be missing. Several
// Planes and processes may accept on duplicates of one socket.
type Options struct {
	Model
	Roles Roles

	// Purge makes every tier of the edge that stores responses forget those that a client
	// has asked to purge, and returns how many these were. It is nil where no client may
	// purge.
	Purge func(context.Context, site.Purge) (int, error)

	// The cache tier's Unix sockets, for native neighbours: connections with
	// a PROXY header (v1 or v2) from the TLS tier, and plain-HTTP requests
	// that a native web tier relays with the client in X-Real-IP.
	Cache []net.Listener
	Plain []net.Listener
	// Front is for requests from a native TLS tier that reads HTTP itself, each with
	// site.NoteFrom.
	Front []net.Listener
	// Web is the web tier's Unix sockets: requests of a native cache tier,
	// whose X-Forwarded-* are believed. Answers there carry notes for the
	// access log of that tier: site.NoteTier.
	Web []net.Listener

	// Shared is for requests of a native cache tier for what may be stored, which are
	// otherwise like those on Web. They are answered by the tier that Shares.
	Shared []net.Listener
	// Cluster knows the other members; nil where there are none.
	Cluster *cluster.Cluster
	// SharedPath is the Unix socket of the tier that Shares. A cache tier that stands in
	// for a native one asks it; "" for none.
	SharedPath string
	// SharedMemory, in bytes, is what the tier that Shares stores.
	SharedMemory int64

	// CachePath and WebPath are the Unix sockets of a native cache and web
	// tier; each is used where Roles leaves that tier to another process.
	CachePath string
	WebPath   string
	// StandbyPath is connected to at once where CachePath refuses or is
	// absent; "" for no standby.
	StandbyPath string
	// CacheMemory, in bytes, is for a cache tier that stands by for another
	// one: it keeps its cache in memory, of this size, and leaves the storage
	// that Edge names to the other. Zero keeps it where Edge says.
	CacheMemory int64

	// Reader is the user as whom files are read, where the process is root; nil
	// reads them as the process itself.
	Reader *User

	// TempDir is where a request's body is put down that is too large for
	// memory; "" is the system's directory for temporary files.
	TempDir string

	// Challenge knows the answers to what authorities ask for; nil where there is no
	// authority.
	Challenge Challenge

	// Gates counts clients, and knows users with their passwords. Nil where no route of any
	// model is site.Access.Gated.
	Gates *gate.Keeper

	// Log is told of warnings a few times each, and how many were left out; nil
	// logs nothing.
	Log *slog.Logger
	// Piped is called when a WebSocket handshake that came by a relay was given to a
	// server, with the handshake's X-Request-Id. Nil for nobody.
	Piped func(id, server string)
	// Away reports whether load balancers are to send nobody here. Requests for
	// Edge.HealthPath are answered accordingly. Nil for no.
	Away func() bool
	// Access is called once for each request, when it has ended; it must be quick and may
	// be called from many goroutines, and keeps nothing of the record. Nil for nobody.
	// Requests of a native cache tier are not logged here: that tier logs them.
	Access func(*accesslog.Record)
}

// Challenge has the answers by which an authority checks that a name leads here. It is
// asked from many goroutines.
type Challenge interface {
	// Answer is about a GET of a target on a plain listener (RFC 8555, 8.3); false
	// where there is nothing to say.
	Answer(target string) (text string, ok bool)
	// Certificate is about a handshake for a name that offers ChallengeProtocol
	// alone (RFC 8737); nil where there is nothing to show.
	Certificate(name string) *tls.Certificate
}

// ChallengeProtocol is what an authority offers by ALPN in such a handshake.
const ChallengeProtocol = "acme-tls/1"

// User is a user by numbers.
type User struct {
	UID, GID uint32
	Groups   []uint32 // supplementary
}
