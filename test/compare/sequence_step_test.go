package compare

import (
	"fmt"
	"net/http"
	"strings"
)

// step is a request, and what the app answers to it.
type step struct {
	method, host, path string
	minor              int // of HTTP/1
	lines              []string
	body               string
	chunked, trailers  bool
	awaits             bool   // the client waits for a 100 before it sends the body
	spoilt             bool   // no HTTP
	primed             bool   // it was asked for before, by another client
	reset              bool   // over HTTP/2, the client does not wait for the answer
	socket             bool   // a WebSocket is asked for
	agent              string // "" for the usual one
	reply              reply
}

// reply is what an app answers.
type reply struct {
	status  int
	lines   []string
	body    string
	framing framing
	early   bool // it does not wait for the request's body
	hints   bool // a 103 goes before it
	ends    bool // the connection ends behind it
	fault   fault
}

type framing int

const (
	counted framing = iota
	inChunks
	untilEnd
)

// fault is what is wrong with a reply.
type fault int

const (
	noFault fault = iota
	cutShort
	overlong
	noReply
)

// brief is the step without long bodies.
func (s *step) brief() step {
	short := func(text string) string {
		if len(text) > 20 {
			return fmt.Sprintf("%.20s… (%d)", text, len(text))
		}
		return text
	}
	one := *s
	one.body, one.reply.body = short(one.body), short(one.reply.body)
	return one
}

// bare reports that the reply has no body, whatever the request.
func (r *reply) bare() bool {
	return r.status == http.StatusNoContent || r.status == http.StatusNotModified
}

// storable reports that a cache stores the reply on a route with a ttl.
func (r *reply) storable() bool {
	return r.status == http.StatusOK && r.fault == noFault && !r.hints && !strings.Contains(strings.Join(r.lines, "\n"), "no-store") &&
		!strings.Contains(strings.Join(r.lines, "\n"), "private") && !strings.Contains(strings.Join(r.lines, "\n"), "Set-Cookie")
}
