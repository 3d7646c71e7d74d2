package accesslog

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// writeCombined writes a line with its end: the combined log format of Apache
// and nginx, then what that has not, in the order of line:
//
//	"id" "host" received duration_us cache tier "backend" upstream_us
func writeCombined(to *bytes.Buffer, r *Record) {
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
