package tracing_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"edgegen/internal/accesslog"
	"edgegen/internal/site"
	"edgegen/internal/tracing"
	"edgegen/test/collector"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func request(id int) tracing.Request {
	return tracing.Request{
		Tiers: []tracing.Tier{{Name: "tls", Engine: "stunnel"}, {Name: "cache", Engine: "varnish"}, {Name: "web", Engine: "builtin"}},
		Record: accesslog.Record{Way: accesslog.Way{Site: "a.test", Route: "/", Backend: "app"}, Time: time.Now().Add(-time.Second), Trace: fmt.Sprintf("00-%032x-%016x-01", id+1, id+7),
			Client: netip.MustParseAddr("192.0.2.1"), Protocol: "HTTP/2.0", Method: "GET", Host: "a.test", Path: "/x?secret=1", Status: 502,
			Duration: 20 * time.Millisecond, Cache: "MISS", Tier: "backend", Backend: "127.0.0.1:5000", Upstream: 5 * time.Millisecond},
	}
}

// lines is a log that is looked at while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func start(t *testing.T, trace site.Trace) (*tracing.Exporter, *tracing.Totals, *lines) {
	t.Helper()
	totals, said := &tracing.Totals{}, &lines{}
	e, err := tracing.New(tracing.Options{Trace: trace, Version: "1", Host: "here", Totals: totals,
		Log: slog.New(slog.NewTextHandler(said, nil)), Hide: func(s string) string { return s }})
	if err != nil {
		t.Fatal(err)
	}
	return e, totals, said
}

func TestSpans(t *testing.T) {
	c := &collector.Collector{}
	server := httptest.NewServer(c)
	defer server.Close()
	e, totals, _ := start(t, site.Trace{Collector: server.URL + "/v1/traces", Fields: []site.Header{{Name: "Authorization", Value: "Bearer k"}}})
	made, kept, hit, socket, quiet := request(0), request(1), request(2), request(3), request(4)
	kept.Trace, kept.Inherited = parent, true
	hit.Tier, hit.Backend, hit.Status, hit.Cache = "cache", "", 200, "HIT"
	socket.Status = http.StatusSwitchingProtocols
	quiet.Trace = quiet.Trace[:54] + "0"
	for _, r := range []tracing.Request{made, kept, hit, socket, quiet} {
		e.Tell(r)
	}
	e.Close()
	if got := c.Headers(); len(got) != 1 || got[0].Get("Authorization") != "Bearer k" {
		t.Errorf("the collector gets %v", got)
	}
	if got := totals.Sent.Load(); got != 10 {
		t.Errorf("%d spans are counted, want 10", got)
	}
	names := func(spans []collector.Span) (all string) {
		for i, s := range spans {
			all += s.Name + ":" + s.About["edgegen.engine"] + ":" + s.Kind + " "
			if i > 0 && s.Parent != spans[i-1].ID {
				t.Errorf("%s is below %q", s.Name, s.Parent)
			}
			if s.About["service.name"] != "edgegen" || s.End.Sub(s.Begin) != 20*time.Millisecond {
				t.Errorf("%+v", s)
			}
		}
		return all
	}
	of := c.Of(fmt.Sprintf("%032x", 1))
	if got, want := names(of), "tls:stunnel:server cache:varnish:internal web:builtin:client "; got != want {
		t.Errorf("spans are %s, want %s", got, want)
	}
	if of[0].Parent != "" || of[2].ID != fmt.Sprintf("%016x", 7) || !of[0].Failed {
		t.Errorf("the app was told %v, and the spans are %+v", made.Trace, of)
	}
	if about := of[0].About; about["url.path"] != "/x" || about["http.route"] != "/" || about["http.response.status_code"] != "502" || about["client.address"] != "192.0.2.1" || about["network.protocol.version"] != "2" {
		t.Errorf("the first says %v", about)
	}
	of = c.Of(parent[3:35])
	if names(of); len(of) != 3 || of[0].Parent != parent[36:52] || of[2].ID == parent[36:52] {
		t.Errorf("a trace that was kept has %+v", of)
	}
	of = c.Of(fmt.Sprintf("%032x", 3))
	if got, want := names(of), "tls:stunnel:server cache:varnish:internal "; got != want || of[1].ID != fmt.Sprintf("%016x", 9) {
		t.Errorf("spans of a hit are %s, want %s", got, want)
	}
	if got, want := names(c.Of(fmt.Sprintf("%032x", 4))), "tls:stunnel:server cache:varnish:client "; got != want {
		t.Errorf("spans of a WebSocket are %s, want %s", got, want)
	}
}

// TestCollectorAway holds that what a collector does not take is counted and said once,
// without what it was sent, that nobody waits for it, and that it is told again later.
func TestCollectorAway(t *testing.T) {
	c := &collector.Collector{}
	c.Answer(http.StatusUnauthorized)
	server := httptest.NewServer(c)
	defer server.Close()
	e, totals, said := start(t, site.Trace{Collector: server.URL + "/v1/traces", Fields: []site.Header{{Name: "Authorization", Value: "Bearer topsecret"}}})
	const many = 6000
	for i := range many {
		e.Tell(request(i))
	}
	wait(t, "a problem", func() bool { return e.Problem() != "" && strings.Contains(said.String(), "spans are lost") })
	if strings.Contains(e.Problem()+said.String(), "topsecret") || !strings.Contains(e.Problem(), "401") {
		t.Errorf("the problem is %q, and the log says %q", e.Problem(), said)
	}
	c.Answer(http.StatusOK)
	wait(t, "spans", func() bool { return e.Problem() == "" && len(c.Of("")) > 0 })
	e.Close()
	if sum := totals.Sent.Load() + totals.Dropped.Load() + totals.Failed.Load(); sum != 3*many || totals.Dropped.Load() == 0 {
		t.Errorf("of %d spans, %d are sent, %d dropped and %d failed", 3*many, totals.Sent.Load(), totals.Dropped.Load(), totals.Failed.Load())
	}
	if got := strings.Count(said.String(), "spans are lost"); got != 1 {
		t.Errorf("that is said %d times:\n%s", got, said)
	}
	e.Tell(request(1)) // comes too late
}

// TestCollectorTakesSome holds that what a collector has refused is not sent again, and that
// it says why.
func TestCollectorTakesSome(t *testing.T) {
	posts := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		posts++
		answer, err := proto.Marshal(&collect.ExportTraceServiceResponse{PartialSuccess: &collect.ExportTracePartialSuccess{RejectedSpans: 2, ErrorMessage: "too old"}})
		if err != nil {
			t.Error(err)
		}
		w.Write(answer)
	}))
	defer server.Close()
	e, totals, _ := start(t, site.Trace{Collector: server.URL + "/v1/traces"})
	e.Tell(request(0))
	e.Close()
	if totals.Sent.Load() != 1 || totals.Failed.Load() != 2 || posts != 1 || !strings.Contains(e.Problem(), "2 spans: too old") {
		t.Errorf("%d sent, %d failed, %d posts, %q", totals.Sent.Load(), totals.Failed.Load(), posts, e.Problem())
	}
}

func TestCollectorByHTTPS(t *testing.T) {
	c := &collector.Collector{}
	server := httptest.NewTLSServer(c)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for ca, want := range map[string]int{file: 3, "": 0} {
		e, totals, _ := start(t, site.Trace{Collector: server.URL + "/v1/traces", CA: ca})
		e.Tell(request(0))
		e.Close()
		if got := len(c.Of("")); got != want && ca != "" || ca == "" && totals.Failed.Load() != 3 {
			t.Errorf("with the authority %q the collector has %d spans", ca, got)
		}
	}
}

func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) { // between two looks
		if time.Now().After(deadline) {
			t.Fatalf("no %s comes", what)
		}
	}
}
