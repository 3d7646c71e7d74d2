package compare

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// trial is an answer of the app, and what is asked for it, one after the other.
type trial struct {
	seed     uint64
	path     string // of the route, or one that names another site
	status   int
	lines    []string
	tag      string
	modified string
	body     string
	chunked  bool
	honours  bool // the app looks at conditions and ranges itself
	asks     []ask
}

// ask is a request.
type ask struct {
	method string
	lines  []string
}

func (c *trial) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %s\n  app: %d", c.seed, c.path, c.status)
	for _, line := range c.lines {
		fmt.Fprintf(&b, "; %s", line)
	}
	fmt.Fprintf(&b, "; %d bytes", len(c.body))
	if c.chunked {
		b.WriteString(" in chunks")
	}
	if c.honours {
		b.WriteString("; looks at conditions")
	}
	for i, a := range c.asks {
		fmt.Fprintf(&b, "\n  %d: %s %s", i+1, a.method, strings.Join(a.lines, "; "))
	}
	return b.String()
}

// generator makes trials. The same seed makes the same trial, dates aside.
type generator struct {
	*rand.Rand
	now time.Time
}

func newGenerator(seed uint64) *generator {
	return &generator{rand.New(rand.NewPCG(seed, 11)), time.Now()}
}

// one picks a text. "" stands for no line at all, in so many of a hundred cases.
func (g *generator) one(none int, texts ...string) string {
	if g.IntN(100) < none {
		return ""
	}
	return texts[g.IntN(len(texts))]
}

// date is a time so far from now, in one of the formats of HTTP.
func (g *generator) date(distance time.Duration) string {
	at := g.now.Add(distance).UTC()
	return at.Format([]string{http.TimeFormat, http.TimeFormat, http.TimeFormat, "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC}[g.IntN(5)])
}

func (g *generator) trial(seed uint64) *trial {
	c := &trial{seed: seed, path: []string{"/", "/", "/ttl/", "/stale/", "/guess/"}[g.IntN(5)], status: http.StatusOK}
	if g.IntN(3) == 0 {
		statuses := []int{201, 202, 203, 204, 226, 299, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 411, 414, 415, 418, 421, 422,
			425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 507, 511, 599}
		c.status = statuses[g.IntN(len(statuses))]
	}
	if g.IntN(8) != 0 {
		c.body = "abcdefghijklmnopqrstuvwxyz"
	}
	switch g.IntN(4) {
	case 0:
		// In chunks, the one cache would be asked for the range of what the other
		// one keeps to ask about (varnish-asked-about).
		c.honours = true
	case 1:
		c.chunked = true
	}
	for _, add := range []func(*trial){g.control, g.times, g.validators, g.selection} {
		add(c)
	}
	for range 2 + g.IntN(3) {
		c.asks = append(c.asks, g.ask(c, len(c.asks)))
	}
	return c
}

func (c *trial) line(name, value string) {
	if value != "" {
		c.lines = append(c.lines, strings.TrimSuffix(name+": "+value, " "))
	}
}

func (g *generator) control(c *trial) {
	value := g.one(25, "max-age=60", "max-age=60", "s-maxage=60", "public, max-age=60", "max-age=0", "max-age=60, s-maxage=0", "max-age=0, s-maxage=60",
		"no-cache", "no-cache, max-age=60", `no-cache="Set-Cookie", max-age=60`, "no-store", "no-store, max-age=60", "private", "private, max-age=60", `private="X-A", max-age=60`,
		"public", "must-revalidate, max-age=60", "proxy-revalidate, max-age=60", `max-age="60"`, "max-age='60'", "max-age=60s", "max-age=-1", "max-age=", "max-age", "max-age=1.5",
		`x="max-age=60"`, `x="a, max-age=60", max-age=0`, `x="\", max-age=0", max-age=60`, `x="unfinished, max-age=60`, "MAX-AGE=60", "max-age=60, max-age=0", "max-age=0, max-age=60", "max-age=x, max-age=60",
		"max-age = 60", "max-age= 60", ", ,max-age=60,,", "max-age=60;x=1", "xmax-age=60", "max-age=000060", "max-age=99999999999999999999", "immutable, max-age=60",
		"max-age=60, stale-while-revalidate=60", "max-age=0, stale-while-revalidate=60", "max-age=0, stale-if-error=60", "max-age=0, must-revalidate, stale-while-revalidate=60",
		"s-maxage=0, stale-while-revalidate=60", `max-age=0, stale-while-revalidate="60"`, "max-age=0, stale-while-revalidate=x",
		"must-understand, max-age=60", "must-understand, no-store, max-age=60", "no-transform, max-age=60", "Private, Max-Age=60", "s-maxage=60, private", "s-maxage=x, max-age=60")
	c.line("Cache-Control", value)
	if value != "" && !strings.Contains(value, "unfinished") && g.IntN(12) == 0 {
		c.line("Cache-Control", g.one(0, "private", "max-age=60", "max-age=0", "no-store", "public", "x"))
	}
	c.line("Pragma", g.one(95, "no-cache"))
}

func (g *generator) times(c *trial) {
	c.line("Date", g.one(20, g.date(0), g.date(0), g.date(0), g.date(-30*time.Second), g.date(-time.Hour), g.date(time.Hour), "yesterday", "1700000000"))
	c.line("Expires", g.one(65, g.date(time.Minute), g.date(time.Minute), g.date(-time.Minute), g.date(0), g.date(2*time.Hour), "0", "-1", "never", "Thu, 01 Jan 2099 00:00:00 GMT",
		"Thu, 01 Jan 2099 00:00:00 EST", "Thu, 01-Jan-2099 00:00:00 GMT", "4102444800"))
	age := g.one(80, "0", "30", "59", "90", "7200", "abc", "-1", "1.5", "0, 0", "5;a", "007", "99999999999999", "+5", "two lines")
	if age == "two lines" {
		c.line("Age", "3")
		age = "3"
	}
	c.line("Age", age)
}

func (g *generator) validators(c *trial) {
	c.tag = g.one(50, `"v1"`, `"v1"`, `W/"v1"`, `"a,b"`)
	c.line("ETag", c.tag)
	c.modified = g.one(55, g.date(-time.Hour), g.date(-time.Hour), g.date(-24*time.Hour), g.date(time.Hour), "long ago")
	c.line("Last-Modified", c.modified)
}

// selection is what says for whom an answer is.
func (g *generator) selection(c *trial) {
	c.line("Vary", g.one(75, "X-Kind", "x-kind", "Accept-Encoding", "X-Kind, Accept-Encoding", "*", "X-Kind, *", "Accept-Language", "Cookie", "Authorization", "X-Forwarded-Proto"))
	if g.IntN(12) == 0 {
		c.line("Vary", "X-Other")
	}
	c.line("Content-Encoding", g.one(85, "br", "br", "x-own", "identity"))
	c.line("Set-Cookie", g.one(93, "a=b"))
	c.line("Content-Type", g.one(50, "text/plain", "text/html; charset=utf-8"))
	c.line("X-Mark", g.one(50, "kept"))
}

func (g *generator) ask(c *trial, before int) ask {
	a := ask{method: http.MethodGet}
	line := func(name, value string) {
		if value != "" {
			a.lines = append(a.lines, name+": "+value)
		}
	}
	line("X-Kind", g.one(60, "a", "a", "b"))
	line("Accept-Encoding", g.one(60, "br", "gzip", "gzip, br", "br;q=0", "identity"))
	if before < 2 && g.IntN(3) != 0 {
		return a
	}
	switch g.IntN(12) {
	case 0, 1, 2:
		g.conditions(c, line)
	case 3, 4:
		value := g.one(0, "bytes=1-2", "bytes=1-2", "bytes=5-", "bytes=-3", "bytes=99-", "bytes=-0", "bytes=2-1", "bytes=x", "lines=1-2", "bytes=0-99")
		if c.chunked && (value == "bytes=99-" || value == "bytes=-0") {
			value = "bytes=1-2" // varnish-wordless-416
		}
		line("Range", value)
		line("If-Range", g.one(60, c.tag+`"x"`, c.tag, c.modified))
	case 5:
		line("Authorization", g.one(0, "Basic eDp5", "Bearer z"))
	case 6:
		line("Cookie", g.one(0, "id=1", "_ga=1", "_ga=1; id=2"))
	case 7:
		line("Cache-Control", g.one(0, "no-store", "no-cache", "max-age=0", "only-if-cached"))
	case 8:
		a.method = http.MethodHead
		if g.IntN(3) == 0 {
			g.conditions(c, line)
		}
	case 9:
		a.method = http.MethodPost
	}
	return a
}

func (g *generator) conditions(c *trial, line func(name, value string)) {
	line("If-None-Match", g.one(40, c.tag, c.tag, `"other"`, "*", `"x", `+c.tag, `W/"v1"`))
	line("If-Modified-Since", g.one(50, c.modified, g.date(-48*time.Hour), g.date(time.Minute), g.date(48*time.Hour), "nonsense"))
	line("If-Match", g.one(85, c.tag, `"other"`, "*"))
	line("If-Unmodified-Since", g.one(85, c.modified, g.date(-48*time.Hour), g.date(48*time.Hour)))
}
