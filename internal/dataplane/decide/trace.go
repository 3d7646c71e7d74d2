package decide

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// trace makes the header say which trace a request is of, once (W3C Trace Context): the
// traceparent of a trusted peer stays as it came, and that of anybody else is replaced.
func (m *Model) trace(q *Question) {
	if m.edge.Trace == nil {
		return
	}
	var parents, states []string
	q.Header.Filter(func(f wire.Field) bool {
		switch {
		case wire.EqualFold(f.Name, site.TraceParent):
			parents = append(parents, f.Value)
		case wire.EqualFold(f.Name, site.TraceState):
			states = append(states, f.Value)
		default:
			return true
		}
		return false
	})
	if q.TraceKept = q.Trusted && len(parents) == 1 && ValidTrace(parents[0]); !q.TraceKept {
		q.Trace = m.newTrace()
		q.Header = append(q.Header, wire.Field{Name: site.TraceParent, Value: q.Trace})
		return
	}
	q.Trace = parents[0]
	q.Header = append(q.Header, wire.Field{Name: site.TraceParent, Value: q.Trace})
	if state := strings.Join(states, ","); state != "" {
		q.Header = append(q.Header, wire.Field{Name: site.TraceState, Value: state})
	}
}

// newTrace begins a trace. Whether it is sampled follows from its ID, as
// OpenTelemetry's ratio does.
func (m *Model) newTrace() string {
	high, low, span := rand.Uint64()|1, rand.Uint64(), rand.Uint64()|1 // none may be zeros alone
	b := make([]byte, 0, site.TraceParentSize)
	b = append(b, "00-"...)
	b = append(appendHex(appendHex(b, high), low), '-')
	b = append(appendHex(b, span), "-00"...)
	if float64(low>>1) < m.edge.Trace.Sample*(1<<63) {
		b[len(b)-1] = '1'
	}
	return string(b)
}

func appendHex(b []byte, n uint64) []byte {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], n)
	return hex.AppendEncode(b, raw[:])
}

// ValidTrace reports whether a traceparent is what site.TraceParentPattern says.
func ValidTrace(s string) bool {
	const size = site.TraceParentSize
	if len(s) < size || s[2] != '-' || s[35] != '-' || s[52] != '-' || !isHex(s[:2]) || !isHex(s[53:size]) || s[:2] == "ff" ||
		!isHex(s[3:35]) || !isHex(s[36:52]) || strings.Trim(s[3:35], "0") == "" || strings.Trim(s[36:52], "0") == "" {
		return false
	}
	rest := s[size:]
	if rest == "" {
		return true
	}
	return s[:2] != "00" && rest[0] == '-' && len(rest) <= 201 && !strings.ContainsFunc(rest, func(r rune) bool { return r < '!' || r > '~' })
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
