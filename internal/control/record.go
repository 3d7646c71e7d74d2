package control

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"edgegen/internal/dataplane"
)

// record writes a request that a builtin tier answered, in the words in which
// varnishncsa writes those of a native one.
func (a *accessLog) record(r dataplane.Record) {
	if a.combined {
		a.line([]byte(combined(r)))
		return
	}
	line, err := json.Marshal(accessLine{
		Time: r.Time.UTC().Format(time.RFC3339), ID: r.ID, Client: clientOf(r), Method: r.Method, Host: r.Host,
		Path: r.Path, Status: r.Status, Bytes: r.Bytes, Duration: r.Duration.Microseconds(),
		Cache: r.Cache, Handling: handling(r), UserAgent: r.UserAgent,
	})
	if err == nil { // it holds nothing that JSON cannot
		a.line(line)
	}
}

// accessLine is one line of the access log; native.accessJSON has the same
// fields in the same order.
type accessLine struct {
	Time      string `json:"time"`
	ID        string `json:"id"`
	Client    string `json:"client"`
	Method    string `json:"method"`
	Host      string `json:"host"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	Bytes     int64  `json:"bytes"`
	Duration  int64  `json:"duration_us"`
	Cache     string `json:"cache"`
	Handling  string `json:"handling"`
	UserAgent string `json:"user_agent"`
}

// handling says how a request was handled, as varnish calls it.
func handling(r dataplane.Record) string {
	switch {
	case r.Status == 101:
		return "pipe"
	case r.Cache == "HIT", r.Cache == "STALE":
		return "hit"
	case r.Cache == "MISS":
		return "miss"
	case r.Tier == "cache":
		return "synth"
	}
	return "pass"
}

func clientOf(r dataplane.Record) string {
	if !r.Client.IsValid() {
		return ""
	}
	return r.Client.String()
}

// combined writes the combined log format with the request's id at its end.
func combined(r dataplane.Record) string {
	return fmt.Sprintf(`%s - - [%s] "%s %s %s" %d %d "%s" "%s" "%s"`,
		dash(clientOf(r)), r.Time.UTC().Format("02/Jan/2006:15:04:05 -0700"), escaped(r.Method), escaped(r.Path), dash(r.Protocol),
		r.Status, r.Bytes, escaped(dash(r.Referer)), escaped(dash(r.UserAgent)), r.ID)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// escaped keeps a client from ending a field or a line.
func escaped(s string) string {
	var out strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&out, `\x%02x`, c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
