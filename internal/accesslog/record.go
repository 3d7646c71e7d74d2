// Package accesslog writes the access log: a line for each request, in one of two
// formats, to a file or to standard output. The tier that answers a request hands over
// its Record.
package accesslog

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/printable"
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

// field is one of a line in JSON. write appends its value behind its name.
type field struct {
	name  string
	write func([]byte, *Record) []byte
}

// fieldsOf are the fields of those names, in their order.
func fieldsOf(names []string) []field {
	known := map[string]func([]byte, *Record) []byte{
		"time":        jsonTime,                                                            // when the request had come: RFC 3339, UTC, milliseconds
		"id":          func(b []byte, r *Record) []byte { return jsonText(b, r.ID) },       // X-Request-Id, which the app sees too; "" of what was no HTTP
		"client":      jsonClient,                                                          // IP address, behind trusted proxies
		"method":      func(b []byte, r *Record) []byte { return jsonText(b, r.Method) },   // GET
		"host":        func(b []byte, r *Record) []byte { return jsonText(b, r.Host) },     // as the client sent it
		"path":        func(b []byte, r *Record) []byte { return jsonText(b, r.Path) },     // with the query, as the client sent it
		"protocol":    func(b []byte, r *Record) []byte { return jsonText(b, r.Protocol) }, // HTTP/1.0, HTTP/1.1 or HTTP/2.0
		"status":      func(b []byte, r *Record) []byte { return strconv.AppendInt(b, int64(r.Status), 10) },
		"bytes":       func(b []byte, r *Record) []byte { return strconv.AppendInt(b, r.Bytes, 10) },
		"received":    func(b []byte, r *Record) []byte { return strconv.AppendInt(b, r.Received, 10) },
		"duration_us": func(b []byte, r *Record) []byte { return strconv.AppendInt(b, r.Duration.Microseconds(), 10) }, // until the last byte; of a WebSocket, until it was closed
		"cache":       func(b []byte, r *Record) []byte { return jsonText(b, r.Cache) },
		"tier":        func(b []byte, r *Record) []byte { return jsonText(b, r.Tier) },
		"backend":     func(b []byte, r *Record) []byte { return jsonText(b, backendOf(r.Backend)) },                   // the server that was asked last: host:port or unix:/path
		"upstream_us": func(b []byte, r *Record) []byte { return strconv.AppendInt(b, r.Upstream.Microseconds(), 10) }, // nginx counts milliseconds
		"referer":     func(b []byte, r *Record) []byte { return jsonText(b, r.Referer) },
		"user_agent":  func(b []byte, r *Record) []byte { return jsonText(b, r.UserAgent) },
		"site":        func(b []byte, r *Record) []byte { return jsonText(b, r.Way.Site) },  // its canonical host
		"route":       func(b []byte, r *Record) []byte { return jsonText(b, r.Way.Route) }, // its label
		"trace_id":    func(b []byte, r *Record) []byte { return jsonText(b, r.TraceID()) },
	}
	if names == nil {
		names = site.LogFields()
	}
	fields := make([]field, len(names))
	for i, name := range names {
		before := `,"`
		if i == 0 {
			before = `{"`
		}
		fields[i] = field{before + name + `":`, known[name]}
	}
	return fields
}

// writeJSON writes a line with its end: an object on one line. The fields and
// their order are the same whatever engines serve; text is "" and a number 0
// where there is nothing to say. Bytes that nobody can print are replaced by
// U+FFFD. Package encoding/json takes five times as long.
func writeJSON(to *bytes.Buffer, fields []field, r *Record) {
	b := to.AvailableBuffer()
	for i := range fields {
		b = fields[i].write(append(b, fields[i].name...), r)
	}
	to.Write(append(b, "}\n"...))
}

// jsonTime writes 2006-01-02T15:04:05.000Z. AppendFormat takes four times as long.
func jsonTime(b []byte, r *Record) []byte {
	t := r.Time.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = appendDigits(append(b, '"'), year, 1000)
	b = appendDigits(append(b, '-'), int(month), 10)
	b = appendDigits(append(b, '-'), day, 10)
	b = appendDigits(append(b, 'T'), hour, 10)
	b = appendDigits(append(b, ':'), minute, 10)
	b = appendDigits(append(b, ':'), second, 10)
	b = appendDigits(append(b, '.'), t.Nanosecond()/1e6, 100)
	return append(b, 'Z', '"')
}

// appendDigits appends n with as many digits as unit has.
func appendDigits(b []byte, n, unit int) []byte {
	for ; unit > 0; unit /= 10 {
		b = append(b, byte('0'+n/unit%10))
	}
	return b
}

func jsonClient(b []byte, r *Record) []byte {
	b = append(b, '"')
	if r.Client.IsValid() {
		b = r.Client.AppendTo(b)
	}
	return append(b, '"')
}

// jsonText needs to escape nothing but what ends a string: of the rest, what is
// not printable has been replaced.
func jsonText(b []byte, text string) []byte {
	b = append(b, '"')
	if asItIs(text) {
		return append(append(b, text...), '"')
	}
	text = printable.Text(text)
	for i := range len(text) {
		if c := text[i]; c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return append(b, '"')
}

// asItIs reports text that stands in JSON, and on a terminal, as it is.
func asItIs(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// writeCombined writes a line with its end: the combined log format of Apache
// and nginx, then what that has not, in the order of line:
//
//	"id" "host" received duration_us cache tier "backend" upstream_us
func writeCombined(to *bytes.Buffer, r Record) {
	b := to.AvailableBuffer()
	b = append(b, dash(clientOf(r.Client))...)
	b = append(b, " - - ["...)
	b = r.Time.UTC().AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
	b = append(b, `] "`...)
	b = appendEscaped(b, dash(r.Method))
	b = append(b, ' ')
	b = appendEscaped(b, dash(r.Path))
	b = append(b, ' ')
	b = appendEscaped(b, dash(r.Protocol))
	b = append(b, `" `...)
	b = appendNumber(b, int64(r.Status))
	b = appendNumber(b, r.Bytes)
	b = appendText(b, r.Referer)
	b = appendText(b, r.UserAgent)
	b = appendText(b, r.ID)
	b = appendText(b, r.Host)
	b = appendNumber(b, r.Received)
	b = appendNumber(b, r.Duration.Microseconds())
	b = append(b, dash(r.Cache)...)
	b = append(b, ' ')
	b = append(b, dash(r.Tier)...)
	b = append(b, ' ')
	b = appendText(b, backendOf(r.Backend))
	b = strconv.AppendInt(b, r.Upstream.Microseconds(), 10)
	to.Write(append(b, '\n'))
}

func clientOf(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// backendOf writes a server as a site does.
func backendOf(server string) string {
	if strings.HasPrefix(server, "/") {
		return "unix:" + server
	}
	return server
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func appendNumber(b []byte, n int64) []byte { return append(strconv.AppendInt(b, n, 10), ' ') }

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	return append(appendEscaped(b, dash(s)), `" `...)
}

// appendEscaped keeps a client from ending a field or a line.
func appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return b
}
