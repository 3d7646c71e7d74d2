package conformance

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
	"edgegen/test/collector"
)

// peersTrace is what a peer says of a trace that is told of, and quietTrace of one that
// is not.
const (
	peersTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	quietTrace = "00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-00"
)

// newTrace is a traceparent that the edge has made.
const newTrace = "~^00-[0-9a-f]{32}-[0-9a-f]{16}-01$"

// traceCases are O3: what reaches the app, and what a collector is told.
func traceCases() []contractCase {
	kept := func(name, trace string, more ...string) contractCase {
		fields := append([]string{"traceparent: " + trace}, more...)
		return contractCase{clause: "O3", name: name, from: "127.0.0.9", request: get("main.test", "/", fields...),
			want: want{status: 200, reaches: 1, sees: map[string]string{"Traceparent": trace}}}
	}
	replaced := func(name, from string, fields ...string) contractCase {
		return contractCase{clause: "O3", name: name, from: from, run: func(a *attempt) {
			a.check(a.askFrom(from, get("main.test", "/", fields...)), want{status: 200, reaches: 1, sees: map[string]string{"Traceparent": newTrace, "Tracestate": ""}})
			if head := a.last().head; strings.Contains(head, "4bf92f35") || strings.Count(strings.ToLower(head), "traceparent:") != 1 {
				a.errorf("the app gets %q", head)
			}
		}}
	}
	state := kept("the state of a trusted peer is kept", peersTrace, "Tracestate: a=1,b=2", "tracestate: c=3")
	state.want.sees["Tracestate"] = "~^a=1,b=2, ?c=3$"
	return []contractCase{
		{clause: "O3", name: "a trace is begun for each request", request: get("main.test", "/"), want: want{status: 200, sees: map[string]string{"Traceparent": newTrace, "Tracestate": ""}}},
		replaced("a client's is dropped", "127.0.0.1", "traceparent: "+peersTrace, "tracestate: a=1"),
		kept("a trusted peer's is kept", peersTrace),
		kept("a trusted peer's is kept that is not told of", quietTrace),
		kept("a trusted peer's of a later version is kept", "cc"+peersTrace[2:]+"-more"),
		state,
		replaced("a malformed one is replaced", "127.0.0.9", "traceparent: "+peersTrace+"-more", "tracestate: a=1"),
		replaced("one with upper case is replaced", "127.0.0.9", "traceparent: "+strings.ToUpper(peersTrace)),
		replaced("zeros are replaced", "127.0.0.9", "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
		replaced("a trace without its parent is replaced", "127.0.0.9", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
		replaced("two are replaced by one", "127.0.0.9", "traceparent: "+peersTrace, "traceparent: "+peersTrace),
		{clause: "O3", name: "one of a handshake", run: func(a *attempt) {
			a.ask(handshake("main.test", "/ws"))
			a.compare("traceparent", strings.Join(a.last().header.Values("Traceparent"), " and "), newTrace)
		}},
		{clause: "O3", name: "a span for each tier", run: toldOf},
		{clause: "O3", name: "spans below a trusted peer's", run: toldBelow},
	}
}

// toldOf holds that the collector is told of a request with a span for each tier, the
// last of which is the one that the app was told.
func toldOf(a *attempt) {
	a.check(a.askFrom("127.0.0.1", get("main.test", "/")), want{status: 200, reaches: 1})
	told := a.last().header.Get("Traceparent")
	spans := a.spans(told)
	a.tiered(spans)
	if last := spans[len(spans)-1]; last.ID != told[36:52] || spans[0].Parent != "" {
		a.errorf("the app is told %s, and the spans are %+v", told, spans)
	}
	if about := spans[0].About; about["http.route"] != "/" || about["edgegen.site"] != "main.test" || about["http.response.status_code"] != "200" || about["client.address"] != "127.0.0.1" {
		a.errorf("the first span says %v", about)
	}
}

// toldBelow asks as a trusted peer, twice: for a trace that is told of and one that is
// not.
func toldBelow(a *attempt) {
	mine := strings.Replace(peersTrace, "0e0e4736", "0e"+strings.Trim(a.mark, "cz")+"36", 1)
	a.askFrom("127.0.0.9", get("main.test", "/", "traceparent: "+strings.TrimSuffix(mine, "1")+"0"))
	a.askFrom("127.0.0.9", get("main.test", "/", "traceparent: "+mine))
	spans := a.spans(mine)
	a.tiered(spans)
	if spans[0].Parent != mine[36:52] || len(spans) > 3 {
		a.errorf("spans are %+v", spans)
	}
}

// tiered holds that there is a span for each tier of the combination, by its engine,
// from the outside in.
func (a *attempt) tiered(spans []collector.Span) {
	var got, want []string
	for i, s := range spans {
		got = append(got, s.Name+" "+s.About["edgegen.engine"])
		if i > 0 && s.Parent != spans[i-1].ID {
			a.errorf("the span of %s is below %q", s.Name, s.Parent)
		}
	}
	for _, tier := range []struct {
		name   string
		engine site.Engine
	}{{site.TLSTier, a.edge.TLS}, {site.CacheTier, a.edge.Cache}, {site.WebTier, a.edge.Web}} {
		if tier.engine != site.Off {
			want = append(want, tier.name+" "+string(cmp.Or(tier.engine, site.Builtin)))
		}
	}
	if !slices.Equal(got, want) {
		a.fatalf("spans are of %q, want %q", got, want)
	}
}

// spans waits for those of a trace.
func (a *attempt) spans(trace string) []collector.Span {
	if len(trace) < site.TraceParentSize {
		a.fatalf("the app gets the traceparent %q", trace)
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // between two looks
		if all := a.edge.record.traces.Of(trace[3:35]); len(all) > 0 {
			return all
		}
	}
	a.fatalf("the collector is not told of %s", trace)
	return nil
}

// startCollector starts the collector of an edge.
func startCollector(t *testing.T, c http.Handler) string {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return server.URL
}
