package decide

import (
	"net/http"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Turn is what becomes of a request. All but GoesOn and WebSocket end its way, most
// with an answer of the edge's own; Maintained is answered by the web tier.
type Turn uint8

// The turns, in the order in which they are looked for.
const (
	GoesOn         Turn = iota // to its route, as an ordinary request
	Expects                    // something by Expect that is not 100-continue
	NamesForApp                // in Connection, a field that is no connection's
	HeadHasBody                // a HEAD with a body
	UnknownMethod              // a method that no route takes
	BodyTooLarge               // it says so itself
	AboutServer                // OPTIONS *
	Health                     // the edge's health is asked for
	BrokenPath                 // an escape that is none, or a NUL
	Climbs                     // "." or ".." in its path
	Unclaimed                  // a host that no site claims
	LowTLS                     // it has named another site in its handshake, and this one asks for more
	ToCanonical                // an alias, or a request on a plain listener
	Maintained                 // the maintenance page is there
	PathTooLong                // for the site's regular expressions
	NoRoute                    // nothing for its path
	Inside                     // a route that no client reaches
	MethodNotTaken             // by its route
	Denied                     // to the client, by its address
	BadHandshake               // no valid handshake for a WebSocket
	OtherVersion               // of WebSockets
	WebSocket                  // a valid one
	NoTunnel                   // a CONNECT for what takes no WebSockets
	Purges                     // what is stored for its URL is to be forgotten
	lastTurn
)

// status has the status of the edge's own answers; 0 where it depends on more than the
// turn.
var status = [lastTurn]int{
	Expects: http.StatusExpectationFailed, NamesForApp: http.StatusBadRequest, HeadHasBody: http.StatusBadRequest,
	UnknownMethod: http.StatusMethodNotAllowed, BodyTooLarge: http.StatusRequestEntityTooLarge, AboutServer: http.StatusNoContent,
	Health: http.StatusOK, BrokenPath: http.StatusBadRequest, Climbs: http.StatusNotFound, Unclaimed: http.StatusMisdirectedRequest,
	LowTLS: http.StatusMisdirectedRequest, Maintained: http.StatusServiceUnavailable,
	PathTooLong: http.StatusRequestURITooLong, NoRoute: http.StatusNotFound, Inside: http.StatusNotFound,
	MethodNotTaken: http.StatusMethodNotAllowed, Denied: http.StatusForbidden, BadHandshake: http.StatusBadRequest, OtherVersion: http.StatusUpgradeRequired,
	NoTunnel: http.StatusMethodNotAllowed, Purges: http.StatusOK,
}

// Way is the way of a request as far as the request and the site say. The zero
// value goes on.
type Way struct {
	Turn  Turn
	Host  *Host // nil where it is not known
	Route int   // the place of the route in Host.Site.Routes; -1 for none
	Flaw  Flaw  // of a handshake that is refused
	// Location is where ToCanonical leads.
	Location string
	// Allow lists the methods for a 405, and for OPTIONS *.
	Allow []string
}

// Ends reports whether the edge answers by itself.
func (w *Way) Ends() bool {
	return w.Turn != GoesOn && w.Turn != WebSocket && w.Turn != Maintained
}

// Arrives reports whether its route takes the request, so that the route's access rules
// are to be asked.
func (w *Way) Arrives() bool {
	return w.Route >= 0 && (w.Turn == GoesOn || w.Turn >= Denied)
}

// Taken is the route, nil where there is none.
func (w *Way) Taken() *site.Route {
	if w.Host == nil || w.Route < 0 {
		return nil
	}
	return &w.Host.Site.Routes[w.Route]
}

// Status is that of the edge's own answer, to a request by that method; 0 where
// somebody else answers.
func (w *Way) Status(method string) int {
	if w.Turn != ToCanonical {
		return status[w.Turn]
	}
	if method == http.MethodGet || method == http.MethodHead {
		return http.StatusMovedPermanently
	}
	return http.StatusPermanentRedirect
}

// Fields are the edge's own answer's, besides those that every answer has.
func (w *Way) Fields() wire.Header {
	switch {
	case w.Location != "":
		return wire.Header{{Name: "Location", Value: w.Location}}
	case w.Allow != nil:
		return wire.Header{{Name: "Allow", Value: site.AllowLine(w.Allow)}}
	case w.Turn == Health || w.Turn == Purges:
		return wire.Header{{Name: "Cache-Control", Value: "no-store"}}
	case w.Turn == OtherVersion:
		return wire.Header{{Name: "Upgrade", Value: "websocket"}, {Name: "Sec-WebSocket-Version", Value: "13"}}
	}
	return nil
}

// Closes reports whether the connection ends with the answer: what follows such a
// request may not be one.
func (w *Way) Closes() bool {
	switch w.Turn {
	case Expects, NamesForApp, HeadHasBody, BodyTooLarge, BrokenPath, BadHandshake, OtherVersion:
		return true
	}
	return false
}
