package tracing

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"go.opentelemetry.io/proto/otlp/trace/v1"

	"edgegen/internal/accesslog"
	"edgegen/internal/site"
)

// Tier is who has served one of the tiers that a request went through.
type Tier struct{ Name, Engine string }

// Request is one that has ended, with the tiers of the edge from the outside in.
type Request struct {
	accesslog.Record
	Tiers []Tier
}

// Sampled reports whether a record is of a trace that is told of, by the flags of its
// traceparent.
func Sampled(r *accesslog.Record) bool {
	if len(r.Trace) < site.TraceParentSize {
		return false
	}
	flags, err := hex.DecodeString(r.Trace[53:55])
	return err == nil && flags[0]&1 == 1
}

// spans are the tiers that had a part in the request: the web tier only where it was
// asked, for a WebSocket goes from the cache tier to the app.
func (r *Request) spans() []Tier {
	last := len(r.Tiers) - 1
	if last > 0 && r.Tiers[last].Name == site.WebTier && r.Tiers[last-1].Name == site.CacheTier && (r.Tier == site.CacheTier || r.Status == http.StatusSwitchingProtocols) {
		return r.Tiers[:last]
	}
	return r.Tiers
}

// message is what the collector is told of some requests.
func (o *Options) message(all []Request) *v1.ResourceSpans {
	scope := &v1.ScopeSpans{Scope: &common.InstrumentationScope{Name: "edgegen", Version: o.Version}}
	for i := range all {
		scope.Spans = append(scope.Spans, o.spansOf(&all[i])...)
	}
	about := attributes{o.Hide, nil}
	about.text("service.name", "edgegen")
	about.text("service.version", o.Version)
	about.text("host.name", o.Host)
	return &v1.ResourceSpans{Resource: &resource.Resource{Attributes: about.all}, ScopeSpans: []*v1.ScopeSpans{scope}}
}

// spansOf makes a span of each tier, every one below the one in front of it. The
// innermost has the ID that the app was told, where the edge has made that, so that
// what the app tells stands below the edge.
func (o *Options) spansOf(r *Request) []*v1.Span {
	trace, err := hex.DecodeString(r.TraceID())
	told, err2 := hex.DecodeString(r.Trace[36:52])
	if err != nil || err2 != nil {
		return nil // which no tier makes or keeps
	}
	tiers := r.spans()
	var parent []byte
	if r.Inherited {
		parent = told
	}
	begin, end := uint64(r.Time.UnixNano()), uint64(r.Time.Add(r.Duration).UnixNano())
	var spans []*v1.Span
	for i, tier := range tiers {
		innermost := i == len(tiers)-1
		id := told
		if r.Inherited || !innermost {
			id = newID()
		}
		span := &v1.Span{TraceId: trace, SpanId: id, ParentSpanId: parent, Flags: 1, Name: tier.Name, Kind: v1.Span_SPAN_KIND_INTERNAL,
			StartTimeUnixNano: begin, EndTimeUnixNano: end, Status: statusOf(r.Status)}
		about := attributes{o.Hide, nil}
		about.text("edgegen.tier", tier.Name)
		about.text("edgegen.engine", tier.Engine)
		if innermost && r.Backend != "" {
			span.Kind = v1.Span_SPAN_KIND_CLIENT
			about.text("edgegen.backend", r.Way.Backend)
			about.text("edgegen.server", r.Backend)
			if r.Upstream > 0 {
				span.Events = []*v1.Span_Event{{Name: "the app's answer begins", TimeUnixNano: uint64(r.Time.Add(min(r.Upstream, r.Duration)).UnixNano())}}
			}
		}
		if i == 0 {
			span.Kind = v1.Span_SPAN_KIND_SERVER
			about.request(&r.Record)
		}
		if tier.Name == site.CacheTier {
			about.text("edgegen.cache", r.Cache)
		}
		span.Attributes = about.all
		spans = append(spans, span)
		parent = id
	}
	return spans
}

func statusOf(status int) *v1.Status {
	if status >= 500 {
		return &v1.Status{Code: v1.Status_STATUS_CODE_ERROR}
	}
	return &v1.Status{}
}

// newID makes the ID of a span.
func newID() []byte {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // it never fails
	id[7] |= 1           // not zeros alone
	return id
}

// attributes are those of a span, by the names of OpenTelemetry where it has one.
type attributes struct {
	hide func(string) string
	all  []*common.KeyValue
}

func (a *attributes) text(name, value string) {
	if value != "" {
		a.all = append(a.all, &common.KeyValue{Key: name, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: strings.ToValidUTF8(a.hide(value), "\ufffd")}}})
	}
}

func (a *attributes) number(name string, value int64) {
	a.all = append(a.all, &common.KeyValue{Key: name, Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: value}}})
}

// request says what the access log says. A query is left out, as it may hold what is
// for the app alone.
func (a *attributes) request(r *accesslog.Record) {
	path, _, _ := strings.Cut(r.Path, "?")
	a.text("http.request.method", r.Method)
	a.text("url.path", path)
	a.text("server.address", r.Host)
	a.text("http.route", r.Way.Route)
	a.number("http.response.status_code", int64(r.Status))
	a.number("http.response.body.size", r.Bytes)
	if r.Client.IsValid() {
		a.text("client.address", r.Client.String())
	}
	if _, version, ok := strings.Cut(r.Protocol, "/"); ok {
		a.text("network.protocol.version", strings.TrimSuffix(version, ".0"))
	}
	a.text("user_agent.original", r.UserAgent)
	a.text("edgegen.site", r.Way.Site)
	a.text("edgegen.request_id", r.ID)
}
