// Package accesslog writes the access log: a line for each request, in one of two
// formats, to a file or to standard output. Whoever answers requests hands over
// a Record of each.
package accesslog

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/printable"
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

// writeJSON writes a line with its end: an object on one line. The fields and
// their order are the same whatever engines serve; text is "" and a number 0
// where there is nothing to say. Bytes that nobody can print are replaced by
// U+FFFD. Package encoding/json takes five times as long.
func writeJSON(to *bytes.Buffer, r Record) {
	b := to.AvailableBuffer()
	b = append(b, `{"time":"`...) // when the request had come: RFC 3339, UTC, milliseconds
	b = r.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = jsonText(b, "id", r.ID)             // X-Request-Id, which the app sees too; "" of what was no HTTP
	b = jsonText(b, "client", clientOf(r))  // IP address, behind trusted proxies
	b = jsonText(b, "method", r.Method)     // GET
	b = jsonText(b, "host", r.Host)         // as the client sent it
	b = jsonText(b, "path", r.Path)         // with the query, as the client sent it
	b = jsonText(b, "protocol", r.Protocol) // HTTP/1.0, HTTP/1.1 or HTTP/2.0
	b = jsonNumber(b, "status", int64(r.Status))
	b = jsonNumber(b, "bytes", r.Bytes)
	b = jsonNumber(b, "received", r.Received)
	b = jsonNumber(b, "duration_us", r.Duration.Microseconds()) // until the last byte; of a WebSocket, until it was closed
	b = jsonText(b, "cache", r.Cache)
	b = jsonText(b, "tier", r.Tier)
	b = jsonText(b, "backend", backendOf(r))                    // the server that was asked last: host:port or unix:/path
	b = jsonNumber(b, "upstream_us", r.Upstream.Microseconds()) // nginx counts milliseconds
	b = jsonText(b, "referer", r.Referer)
	b = jsonText(b, "user_agent", r.UserAgent)
	to.Write(append(b, "}\n"...))
}

func jsonNumber(b []byte, name string, n int64) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendInt(b, n, 10)
}

// jsonText needs to escape nothing but what ends a string: of the rest, what is
// not printable has been replaced.
func jsonText(b []byte, name, text string) []byte {
	b = append(append(append(b, `,"`...), name...), `":"`...)
	text = printable.Text(text)
	if strings.IndexByte(text, '"') < 0 && strings.IndexByte(text, '\\') < 0 {
		return append(append(b, text...), '"')
	}
	for i := range len(text) {
		if c := text[i]; c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return append(b, '"')
}

// writeCombined writes a line with its end: the combined log format of Apache
// and nginx, then what that has not, in the order of line:
//
//	"id" "host" received duration_us cache tier "backend" upstream_us
func writeCombined(to *bytes.Buffer, r Record) {
	b := to.AvailableBuffer()
	b = append(b, dash(clientOf(r))...)
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
	b = appendText(b, backendOf(r))
	b = strconv.AppendInt(b, r.Upstream.Microseconds(), 10)
	to.Write(append(b, '\n'))
}

func clientOf(r Record) string {
	if !r.Client.IsValid() {
		return ""
	}
	return r.Client.String()
}

// backendOf writes a server as a site does.
func backendOf(r Record) string {
	if strings.HasPrefix(r.Backend, "/") {
		return "unix:" + r.Backend
	}
	return r.Backend
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
