// Package accesslog writes the access log: a line for each request, in one of two
// formats, to a file or to standard output. The tier that answers a request hands over
// its Record.
package accesslog

import (
	"net/netip"
	"strings"
	"time"

	"edgegen/internal/site"
)

// Way is where a request was led, in the words of the site. What came before that
// was found out has "".
type Way struct {
	Site    string // its canonical host
	Route   string // its label
	Backend string // the name of the route's, "" where it has none
}

// Record is one request in the access log.
type Record struct {
	Way Way

	Time      time.Time // when its head had come
	ID        string    // X-Request-Id
	Trace     string    // the traceparent that the app gets; "" where the site has no traces, and of what is no HTTP
	Inherited bool      // the client, whom the edge trusts, has sent it: its span is none of the edge's
	Client    netip.Addr
	Protocol  string // "HTTP/1.1", "HTTP/2.0"; "" where the head could not be read
	Method    string
	Host      string // as the client sent it
	Path      string // with the query, as the client sent it
	Referer   string
	UserAgent string
	Status    int   // 101 for a WebSocket; 499 where the client left before an answer
	Bytes     int64 // of the body that was sent; of a WebSocket all bytes to the client
	Received  int64 // of a WebSocket, all bytes from the client
	Duration  time.Duration
	Cache     string // HIT, MISS, STALE or PASS
	// Tier made the answer. "cache": what is stored, redirects to the
	// canonical host, refusals. "web": files, redirects of routes,
	// maintenance, errors about backends. "backend": all else, WebSockets
	// included. Who shared another's fetch got what that fetch got.
	Tier     string
	Backend  string        // the server that was asked, "" for none
	Upstream time.Duration // until the head of its answer
}

// Clone is the record with texts of its own: those of a record that is handed over may be
// written over behind that.
func (r Record) Clone() Record {
	for _, text := range []*string{
		&r.Way.Site, &r.Way.Route, &r.Way.Backend, &r.ID, &r.Trace, &r.Protocol, &r.Method, &r.Host, &r.Path, &r.Referer, &r.UserAgent, &r.Cache, &r.Tier, &r.Backend,
	} {
		*text = strings.Clone(*text)
	}
	return r
}

// TraceID is the ID of the trace that a request is of, "" for none.
func (r *Record) TraceID() string {
	if len(r.Trace) < site.TraceParentSize {
		return ""
	}
	return r.Trace[3:35]
}
