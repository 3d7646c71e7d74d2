package metrics

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"edgegen/internal/accesslog"
	"edgegen/internal/api"
)

func shop(route, backend string) accesslog.Way {
	return accesslog.Way{Site: "shop.test", Route: route, Backend: backend}
}

// series are what the registry tells of families that begin so, a line each.
func series(t *testing.T, r *prometheus.Registry, prefix string) []string {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), prefix) {
			continue
		}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			lines = append(lines, fmt.Sprintf("%s %s %v", family.GetName(), strings.Join(labels, " "), value))
		}
	}
	slices.Sort(lines)
	return lines
}

func plain(text string) string { return text }

// O1: routes that share their label are one, and a backend counts where it was asked.
func TestRequestsAreCounted(t *testing.T) {
	m := NewMeter()
	for _, r := range []accesslog.Record{
		{Way: shop("/api", "one"), Status: 200, Cache: "MISS", Tier: "backend", Backend: "127.0.0.1:1", Duration: time.Second, Upstream: time.Millisecond, Bytes: 5},
		{Way: shop("/api", "one"), Status: 200, Cache: "HIT", Tier: "cache", Bytes: 5},
		{Way: shop("/api", "two"), Status: 200, Cache: "HIT", Tier: "cache"},
		{Way: shop("/ws", "one"), Status: 101, Cache: "PASS", Tier: "backend", Backend: "127.0.0.1:1", Bytes: 7, Received: 3, Duration: time.Hour},
		{Status: 421, Cache: "PASS", Tier: "cache"},
		{Status: -1, Cache: "?", Tier: "?", Bytes: -1},
	} {
		m.Count(&r)
	}
	r := Registry(m, func() State { return State{} }, plain)
	want := []string{
		"edgegen_requests_total backend= cache=HIT route=/api site=shop.test status=2xx tier=cache 2",
		"edgegen_requests_total backend= cache=PASS route= site= status=0xx tier=cache 1",
		"edgegen_requests_total backend= cache=PASS route= site= status=4xx tier=cache 1",
		"edgegen_requests_total backend=one cache=MISS route=/api site=shop.test status=2xx tier=backend 1",
		"edgegen_requests_total backend=one cache=PASS route=/ws site=shop.test status=1xx tier=backend 1",
	}
	if diff := cmp.Diff(want, series(t, r, "edgegen_requests")); diff != "" {
		t.Error(diff)
	}
	want = []string{
		"edgegen_request_duration_seconds route= site= 2",
		"edgegen_request_duration_seconds route=/api site=shop.test 3",
		"edgegen_request_duration_seconds route=/ws site=shop.test 0",
	}
	if diff := cmp.Diff(want, series(t, r, "edgegen_request_duration")); diff != "" {
		t.Error(diff)
	}
	want = []string{
		"edgegen_websocket_received_bytes_total route= site= 0",
		"edgegen_websocket_received_bytes_total route=/api site=shop.test 0",
		"edgegen_websocket_received_bytes_total route=/ws site=shop.test 3",
	}
	if diff := cmp.Diff(want, series(t, r, "edgegen_websocket_")); diff != "" {
		t.Error(diff)
	}
}

// Nothing is lost where many count at once, and a scrape goes on meanwhile.
func TestRequestsAreCountedTogether(t *testing.T) {
	m := NewMeter()
	r := Registry(m, func() State { return State{} }, plain)
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			for i := range 1000 {
				m.Count(&accesslog.Record{Way: shop(fmt.Sprint("/", i%(10+worker)), "app"), Status: 200})
			}
		})
	}
	for range 10 {
		series(t, r, "edgegen_requests")
	}
	workers.Wait()
	if all := m.sample(time.Now()).all.requests(); all != 4000 {
		t.Errorf("%d requests are counted", all)
	}
}

// What a reload removes is forgotten, also where a request of it ends later, and nothing
// else is.
func TestRemovedRoutesAreForgotten(t *testing.T) {
	m := NewMeter()
	r := Registry(m, func() State { return State{} }, plain)
	for _, w := range []accesslog.Way{shop("/", "app"), shop("/old", "app"), {Site: "old.test"}, {}} {
		m.Count(&accesslog.Record{Way: w, Status: 200})
	}
	before := m.sample(time.Now()).all
	there := map[accesslog.Way]bool{shop("/", "app"): true, {Site: "shop.test"}: true}
	for _, late := range []bool{false, true} {
		if late {
			m.Count(&accesslog.Record{Way: shop("/old", "app"), Status: 200})
			m.tidy()
		} else {
			m.Keep(there)
		}
		all := strings.Join(series(t, r, "edgegen_"), "\n")
		if strings.Contains(all, "old") || !strings.Contains(all, "edgegen_requests_total backend= cache=PASS route=/ site=shop.test") || !strings.Contains(all, "route= site= ") {
			t.Error(all)
		}
	}
	if since := m.sample(time.Now()).all.since(before); since.requests() != 0 {
		t.Errorf("%d requests are new", since.requests())
	}
}

// O4: what is secret is hidden in labels, and what differs in it alone is one.
func TestLabelsHideSecrets(t *testing.T) {
	m := NewMeter()
	m.Count(&accesslog.Record{Way: shop("/secret-a", ""), Status: 200})
	m.Count(&accesslog.Record{Way: shop("/secret-b", ""), Status: 200})
	hide := func(text string) string {
		return strings.NewReplacer("secret-a", "(hidden)", "secret-b", "(hidden)").Replace(text)
	}
	all := strings.Join(series(t, Registry(m, func() State { return State{} }, hide), "edgegen_"), "\n")
	if strings.Contains(all, "secret") || !strings.Contains(all, "route=/(hidden)") {
		t.Error(all)
	}
}

// What a scrape tells beside requests is what the status says; every metric that is
// told is in the list.
func TestStateIsTold(t *testing.T) {
	now := time.Now()
	m := NewMeter()
	m.Reloads.Add("refused")
	m.Takeovers.Add("web")
	m.Count(&accesslog.Record{Way: shop("/", "app"), Status: 200})
	state := State{Ready: true, Started: now, Certificates: []api.CertificateStatus{{Site: "shop.test", Source: "file", NotAfter: time.Unix(1800000000, 0)}},
		Status: api.Status{Version: "1", Generation: 3, LastReload: &api.ReloadStatus{At: now}, Connections: api.Connections{WebSockets: 4}, Traces: &api.TracesStatus{Sent: 3, Failed: 6},
			Cluster: &api.ClusterStatus{Answers: 7, Members: []api.MemberStatus{{Name: "10.0.0.2:6443", State: "down", Asked: 5, Failed: 1}}},
			Tiers:   []api.TierStatus{{Role: "web", Engine: "builtin", StandIn: true, State: "running", Restarts: 2, Children: 1}},
			Backends: []api.BackendStatus{{Site: "shop.test", Name: "app", Process: &api.ProcessStatus{State: "backoff", Restarts: 5},
				Endpoints: []api.EndpointStatus{{Server: "a:1", Address: "127.0.0.1:1", State: "unwell", Open: 2}, {Server: "b:1", Address: "127.0.0.1:1", State: "well"}}}}}}
	registry := Registry(m, func() State { return state }, plain)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("against the conventions of Prometheus: %v, %v", problems, err)
	}
	told := strings.Join(series(t, registry, "edgegen_"), "\n")
	for _, want := range []string{
		"edgegen_tier_up tier=web 1", "edgegen_tier_stand_in tier=web 1", "edgegen_takeovers_total tier=web 1", "edgegen_tier_restarts_total tier=web 2",
		"edgegen_reloads_total result=refused 1", "edgegen_last_reload_successful  0", "edgegen_websockets  4", "edgegen_ready  1", "edgegen_certificate_end_timestamp_seconds site=shop.test source=file 1.8e+09", "edgegen_generation  3", "edgegen_trace_spans_total result=failed 6",
		"edgegen_backend_server_up backend=app server=127.0.0.1:1 site=shop.test 0", "edgegen_backend_process_up backend=app site=shop.test 0",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not told", want)
		}
	}
	listed := map[string]bool{}
	for _, f := range Families() {
		listed[f.Name] = true
		if !strings.Contains(told, f.Name+" ") {
			t.Errorf("%s is in the list, and never told", f.Name)
		}
	}
	for line := range strings.Lines(told) {
		if name, _, _ := strings.Cut(line, " "); !listed[name] {
			t.Errorf("%s is told, and not in the list", name)
		}
	}
}

// TestTraffic holds what is remembered: rates between samples, and times by buckets.
func TestTraffic(t *testing.T) {
	m := NewMeter()
	h := NewHistory(m)
	start := time.Now()
	for i := range 100 {
		h.take(start.Add(time.Duration(i) * step))
		for range 10 {
			m.Count(&accesslog.Record{Way: shop("/", "app"), Status: 200, Cache: "HIT", Duration: 700 * time.Microsecond})
		}
		m.Count(&accesslog.Record{Way: shop("/", "app"), Status: 502, Backend: "127.0.0.1:1", Duration: 2 * time.Second, Upstream: 20 * time.Millisecond})
	}
	got := h.Traffic(start.Add(100 * step))
	if len(got.Points) != kept || got.Window != (window*step).Seconds() {
		t.Errorf("%d points, of %v s", len(got.Points), got.Window)
	}
	all := got.All
	if all.Requests != 11/step.Seconds() || all.Failed != 1/step.Seconds() || all.Stored != 10/step.Seconds() || all.P50 > 1 || all.P99 < 1000 || all.P99 > 2500 {
		t.Errorf("%+v", all)
	}
	if len(got.Sites) != 1 || got.Sites[0].Site != "shop.test" || len(got.Sites[0].Points) != kept || got.Sites[0].Points[3] != all.Requests {
		t.Errorf("%+v", got.Sites)
	}
	if len(got.Backends) != 1 || got.Backends[0].Requests != 1/step.Seconds() || got.Backends[0].P50 < 10 || got.Backends[0].P50 > 25 {
		t.Errorf("%+v", got.Backends)
	}
}

// The cost of a request: at most 2 % of a hit, which takes 10 µs and more.
func BenchmarkCount(b *testing.B) {
	m := NewMeter()
	for i := range 1000 {
		m.Count(&accesslog.Record{Way: shop(fmt.Sprint("/", i), "app"), Status: 200})
	}
	r := accesslog.Record{Way: shop("/500", "app"), Status: 200, Cache: "HIT", Tier: "cache", Bytes: 1024, Duration: 100 * time.Microsecond}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			m.Count(&r)
		}
	})
}

// What a record says may be written over once it has been counted.
func TestCountKeepsNoText(t *testing.T) {
	m := NewMeter()
	text := []byte("shop.test")
	m.Count(&accesslog.Record{Way: accesslog.Way{Site: unsafe.String(&text[0], len(text))}, Status: 200})
	copy(text, "xxxx")
	if total := (*m.ways.Load())[accesslog.Way{Site: "shop.test"}]; total == nil || total.total().requests() != 1 {
		t.Error("the site is not found by its name")
	}
}
