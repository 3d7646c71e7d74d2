package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"edgegen/internal/site"
	"edgegen/test/edge"
)

// sequence is what is asked on one connection.
type sequence struct {
	seed  uint64
	way   way
	steps []*step
}

// way is how the requests of a sequence are asked.
type way int

const (
	oneByOne  way = iota // over HTTP/1.1, each behind the answer before
	pipelined            // over HTTP/1.1, all at once
	streamed             // over HTTP/2, all at once
)

func (s *sequence) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %s", s.seed, []string{"one by one", "pipelined", "streams"}[s.way])
	for i, one := range s.steps {
		fmt.Fprintf(&b, "\n  %d: %+v", i+1, one.brief())
	}
	return b.String()
}

// newSequence makes a sequence; the same seed makes the same one.
func newSequence(seed uint64, c edge.Combination) *sequence {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 12))}
	s := &sequence{seed: seed, way: way(g.IntN(3))}
	if s.way == streamed && !c.SpeaksHTTP2() {
		s.way = oneByOne
	}
	for range 2 + g.IntN(5) {
		s.steps = append(s.steps, g.step(s.way))
	}
	if s.way == oneByOne && g.in(20) {
		s.steps = append(s.steps, &step{method: "GET", host: "one.test", path: "/ws", minor: 1, socket: true})
	}
	for _, one := range s.steps {
		one.suit(c, s.way)
	}
	return s
}

// suit leaves out what a mix is known to take otherwise, or has no fixed answer to.
func (s *step) suit(c edge.Combination, w way) {
	switch {
	case s.method == "HEAD" && c.Has(site.Varnish): // which refuses a body, and breaks off where more has come (varnish-wordless-400)
		s.body, s.awaits = "", false
	case len(s.body) > 64<<10 && s.chunked && c.Has(site.Nginx): // which answer comes first is a matter of timing
		s.body = s.body[:900]
	}
	if c.TLS == site.Nginx { // nginx-trailers; nginx-unread-body
		s.trailers = false
		s.body = s.body[:min(len(s.body), 20000)]
		s.reply.early = s.reply.early && w != oneByOne
	}
	if c.Has(site.Nginx) && s.reply.fault == overlong { // nginx-late-bytes
		s.reply.fault = noFault
	}
	if w == pipelined && s.reply.fault != overlong { // if the connection ends, so does what is still on its way of the answers before
		s.reply.fault = noFault
	}
	if (c.TLS == site.Stunnel || c.Has(site.Varnish)) && slices.Contains(s.lines, "Connection: close") { // the answer may be lost with a body that is not read (varnish-unheard-413)
		s.body, s.awaits = "", false
	}
}

// in reports true in so many of a hundred cases.
func (g *generator) in(percent int) bool { return g.IntN(100) < percent }

func (g *generator) step(w way) *step {
	s := &step{method: g.one(0, "GET", "GET", "GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"), host: "one.test", minor: 1}
	s.path = g.one(0, "/app/a", "/app/b", "/app/c", "/ttl/a", "/ttl/b", "/zip/a", "/zip/b", "/stream/a", "/small/a", "/get/a", "/files/letters.txt", "/files/page.html", "/files/none", "/files/sub",
		"/mixed/letters.txt", "/mixed/none", "/moved", "/denied", "/users/a", "/lead/a", "/lead/b", "/dead/a", "/changed/a", "/inner/letters.txt", "/ws", "/")
	switch g.IntN(12) {
	case 0, 1:
		s.host = "two.test"
	case 2:
		s.host = g.one(0, "nobody.test", "www.one.test")
	}
	for _, lines := range [][]string{
		{"Range: bytes=0-3", "Range: bytes=-2", "Range: bytes=5-"},
		{`If-None-Match: "v1"`, "If-None-Match: *", "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"},
		{"Accept-Encoding: gzip", "Accept-Encoding: br, gzip", "Accept-Encoding: identity"},
		{"Cookie: a=b"},
		{"X-Forwarded-For: 10.1.1.1", "X-Real-IP: 10.1.1.1", "X-Request-Id: mine", "Forwarded: for=10.1.1.1", "X-Edge-Tier: web"},
		{"X-Kind: a", "X-Kind: b", "X-Dropped: yes", "Accept: text/event-stream"},
	} {
		if line := g.one(80, lines...); line != "" {
			s.lines = append(s.lines, line)
		}
	}
	if s.path == "/users/a" || g.in(5) {
		if line := g.one(30, "Authorization: Basic Y2Fyb2w6c2VjcmV0", "Authorization: Basic Y2Fyb2w6d3Jvbmc="); line != "" {
			s.lines = append(s.lines, line)
		}
	}
	g.content(s)
	g.peculiar(s, w)
	s.reply = g.reply(s)
	s.primed = (s.path == "/ttl/a" || s.path == "/ttl/b") && s.method != "BREW" && strings.HasSuffix(s.host, "one.test") && s.reply.storable() && g.in(60)
	return s
}

// content gives a request a body.
func (g *generator) content(s *step) {
	switch {
	case s.method == "POST" || s.method == "PUT" || s.method == "PATCH":
		if g.in(10) {
			return
		}
	case !g.in(6):
		return
	}
	s.body = strings.Repeat("q", []int{1, 10, 900, 3000, 20000, 70000}[g.IntN(6)])
	s.chunked = g.in(30)
	s.awaits = g.in(15)
}

// peculiar are parts that not every way of asking can express.
func (g *generator) peculiar(s *step, w way) {
	switch w {
	case oneByOne:
		switch g.IntN(25) {
		case 0, 1:
			s.minor, s.chunked, s.awaits = 0, false, false
			s.lines = append(s.lines, "Connection: keep-alive")
		case 2:
			s.lines = append(s.lines, "Connection: close")
		case 3:
			s.spoilt, s.body, s.chunked, s.awaits = true, "", false, false
		}
		if g.in(5) {
			s.lines = append(s.lines, "Connection: X-Kind")
		}
	case streamed:
		s.awaits = false
		s.trailers = s.body != "" && g.in(10)
		s.reset = g.in(12)
	case pipelined: // as long as no answer ends the connection with a request unread
		s.awaits = false
		s.body = s.body[:min(len(s.body), 900)]
		if s.host == "nobody.test" {
			s.host = "one.test"
		}
	}
}

func (g *generator) reply(s *step) reply {
	r := reply{status: 200, body: strings.Repeat("abcdefghij", []int{0, 1, 5, 200, 4000, 30000}[g.IntN(6)]), framing: framing(g.IntN(3))}
	if g.in(35) {
		statuses := []int{201, 202, 204, 204, 205, 206, 301, 302, 304, 304, 400, 401, 403, 404, 410, 416, 500, 502, 503, 504}
		r.status = statuses[g.IntN(len(statuses))]
	}
	line := func(none int, texts ...string) {
		if text := g.one(none, texts...); text != "" {
			r.lines = append(r.lines, text)
		}
	}
	line(20, "Content-Type: text/plain", "Content-Type: text/html", "Content-Type: image/png")
	line(75, "Cache-Control: max-age=60", "Cache-Control: no-store", "Cache-Control: private")
	line(80, `ETag: "v1"`, "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT")
	line(90, "Set-Cookie: s=1")
	line(90, "Vary: X-Kind", "Vary: Accept-Encoding")
	line(92, "Content-Encoding: x-own")
	line(95, "Server: app", "Via: 1.1 app")
	if r.status/100 == 3 && r.status != 304 {
		line(0, "Location: /elsewhere", "Location: https://one.test/elsewhere")
	}
	if strings.HasPrefix(s.path, "/lead/") {
		line(10, "X-Accel-Redirect: /inner/letters.txt", "X-Accel-Redirect: /inner/none", "X-Accel-Redirect: /within/a?m={mark}", "X-Accel-Redirect: /within/b?m={mark}", "X-Accel-Redirect: /nothing")
	}
	r.early = s.body != "" && g.in(15)
	r.hints = g.in(4)
	r.ends = g.in(10)
	switch g.IntN(30) {
	case 0, 1:
		r.fault = cutShort
	case 2:
		r.fault = overlong
	case 3:
		r.fault = noReply
	}
	return r
}
