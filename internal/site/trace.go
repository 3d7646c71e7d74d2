package site

// Trace says where the edge tells of requests as spans of traces (OpenTelemetry), and
// of which.
type Trace struct {
	Collector string // the URL that spans are posted to, OTLP's path included
	// Sample is the share, from 0 to 1, of the traces that begin here and that the
	// collector is told of. For other traces, their beginner has decided.
	Sample float64
	Fields []Header // the collector is sent these besides, such as Authorization
	CA     string   // absolute; what a collector's certificate is verified with; "" for the machine's authorities
	CASum  string   // of what is in there; "" without CA
	Source Source
}

// The fields of W3C Trace Context.
const (
	TraceParent = "traceparent"
	TraceState  = "tracestate"
)

// TraceParentPattern is what a traceparent has to match, as a regular expression of
// PCRE (W3C Trace Context, 3.2): a later version may have more behind what version 00
// has.
const TraceParentPattern = "^(?:00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}" +
	"|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]{0,200})?)$"

// TraceParentSize is how long a traceparent of version 00 is.
const TraceParentSize = len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-00")
