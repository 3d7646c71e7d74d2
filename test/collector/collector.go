// Package collector is a collector of traces for tests: it takes what it is sent by OTLP
// over HTTP.
package collector

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one as it came.
type Span struct {
	Trace, ID, Parent string // as in a traceparent; Parent is "" for none
	Name              string
	Kind              string // server, client or internal
	Begin, End        time.Time
	Failed            bool
	About             map[string]string
}

// Collector is a handler that remembers what it was sent. The zero value is ready to
// use, from any goroutine.
type Collector struct {
	mu     sync.Mutex
	spans  []Span
	header []http.Header // of the posts
	status int           // what it answers; 0 for 200
}

// Answer has it answer with another status from now on, and keep nothing but for 200.
func (c *Collector) Answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

// Of returns the spans of a trace that have come, or all for "".
func (c *Collector) Of(id string) (all []Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if id == "" || s.Trace == id {
			all = append(all, s)
		}
	}
	return all
}

// Headers returns those of the posts that have come.
func (c *Collector) Headers() []http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.header)
}

func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	content, err := io.ReadAll(body)
	message := &collect.ExportTraceServiceRequest{}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(content, message) != nil {
		http.Error(w, "no spans", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.header = append(c.header, r.Header)
	if c.status != 0 && c.status != http.StatusOK {
		http.Error(w, "not now, "+r.Header.Get("Authorization"), c.status)
		return
	}
	for _, from := range message.ResourceSpans {
		about := valuesOf(from.Resource.GetAttributes())
		for _, scope := range from.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans = append(c.spans, spanOf(s, about))
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func spanOf(s *trace.Span, about map[string]string) Span {
	own := valuesOf(s.Attributes)
	for name, value := range about {
		own[name] = value
	}
	return Span{Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId), Parent: hex.EncodeToString(s.ParentSpanId), Name: s.Name,
		Kind:  strings.ToLower(strings.TrimPrefix(s.Kind.String(), "SPAN_KIND_")),
		Begin: time.Unix(0, int64(s.StartTimeUnixNano)), End: time.Unix(0, int64(s.EndTimeUnixNano)),
		Failed: s.Status.GetCode() == trace.Status_STATUS_CODE_ERROR, About: own}
}

func valuesOf(all []*common.KeyValue) map[string]string {
	values := make(map[string]string)
	for _, one := range all {
		values[one.Key] = one.Value.GetStringValue()
		if _, number := one.Value.Value.(*common.AnyValue_IntValue); number {
			values[one.Key] = strconv.FormatInt(one.Value.GetIntValue(), 10)
		}
	}
	return values
}
