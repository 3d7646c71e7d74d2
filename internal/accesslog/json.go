package accesslog

import (
	"bytes"
	"strconv"

	"edgegen/internal/printable"
	"edgegen/internal/site"
)

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
