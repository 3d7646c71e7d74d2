package monitor

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"edgegen/internal/api"
)

// stage is a monitor of an edge that a test makes up.
type stage struct {
	*Monitor
	asked atomic.Int32 // how often it was looked at
	ready atomic.Bool
}

func newStage() *stage {
	s := &stage{}
	s.Monitor = New(Source{
		Overview: func() api.Overview {
			s.asked.Add(1)
			return api.Overview{Status: api.Status{State: "ready", Site: "hidden"}}
		},
		Ready: s.ready.Load, Metrics: prometheus.NewRegistry(),
		HideJSON: func(text []byte) []byte { return []byte(strings.ReplaceAll(string(text), "hidden", "***")) },
		Hosts:    func() []string { return []string{"edge.internal"} },
	})
	return s
}

func (s *stage) ask(method, host, path string) *http.Response {
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(method, path, nil)
	request.Host = host
	s.ServeHTTP(recorder, request)
	return recorder.Result()
}

// O4: a page in somebody's browser cannot read what is told here by a name of its own,
// and nobody can change anything.
func TestMonitorRefuses(t *testing.T) {
	s := newStage()
	for host, want := range map[string]int{
		"127.0.0.1:9145": 200, "127.0.0.1": 200, "10.1.2.3": 200, "[::1]:9145": 200, "[::1]": 200, "localhost:9145": 200, "LOCALHOST": 200, "localhost.": 200,
		"edge.internal:9145": 200, "Edge.Internal": 200,
		"evil.test": 421, "evil.test:9145": 421, "localhost.evil.test": 421, "127.0.0.1.evil.test": 421, "": 421, "[::1].evil.test": 421, "edge.internal.evil.test": 421, "127.0.0.1.": 200, "2130706433": 421, "0x7f.1": 421,
	} {
		for _, path := range []string{"/metrics", "/status", "/status.json", "/healthz"} {
			if got := s.ask("GET", host, path); got.StatusCode != want {
				t.Errorf("%s of %q: %d, want %d", path, host, got.StatusCode, want)
			}
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"} {
		if got := s.ask(method, "localhost", "/status.json"); got.StatusCode != 405 || got.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, got.StatusCode, got.Header.Get("Allow"))
		}
	}
	for _, path := range []string{"/nothing", "/status/", "/debug/pprof/", "//metrics", "/metrics/../../etc/passwd"} {
		if got := s.ask("GET", "localhost", path); got.StatusCode == 200 {
			t.Errorf("%s is answered", path)
		}
	}
	for _, path := range []string{"/metrics", "/status", "/status.json", "/healthz", "/nothing"} {
		got := s.ask("GET", "localhost", path)
		if got.Header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(got.Header.Get("Content-Security-Policy"), "default-src 'none'") || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, got.Header)
		}
	}
}

func TestMonitorTells(t *testing.T) {
	s := newStage()
	read := func(path string) (int, string) {
		got := s.ask("GET", "localhost", path)
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode, string(text)
	}
	if status, text := read("/healthz"); status != 200 || text != "ok\n" {
		t.Errorf("healthz: %d %q", status, text)
	}
	if status, text := read("/readyz"); status != 503 || text != "not ready\n" {
		t.Errorf("readyz: %d %q", status, text)
	}
	s.ready.Store(true)
	if status, text := read("/readyz"); status != 200 || text != "ready\n" {
		t.Errorf("readyz: %d %q", status, text)
	}
	for range 3 {
		status, text := read("/status.json")
		var told api.Overview
		if err := json.Unmarshal([]byte(text), &told); err != nil || status != 200 || told.State != "ready" || told.Site != "***" {
			t.Errorf("status.json: %d %s, %v", status, text, err)
		}
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("the edge was looked at %d times within a second", n)
	}
	if _, text := read("/status"); !strings.Contains(text, "<title>edgegen</title>") || strings.Contains(text, "://") && strings.Contains(strings.ReplaceAll(text, "http://www.w3.org/2000/svg", ""), "://") {
		t.Error("the page is none, or asks somebody else for something")
	}
	if got := s.ask("GET", "localhost", "/"); got.StatusCode != 302 {
		t.Errorf("/: %d", got.StatusCode)
	}
}

// Streams end with whoever reads them, and only so many are open.
func TestStreams(t *testing.T) {
	s := newStage()
	server := httptest.NewServer(s)
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	var open []*http.Response
	for range mostStreams {
		request, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/status/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, response)
		line, err := bufio.NewReader(response.Body).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, `data: {"version"`) || response.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%q, %v", line, err)
		}
	}
	if got := s.ask("GET", "localhost", "/status/stream"); got.StatusCode != 503 {
		t.Errorf("one more: %d", got.StatusCode)
	}
	leave()
	for _, response := range open {
		_ = response.Body.Close() // it has been left
	}
	for range mostStreams {
		s.streams <- struct{}{} // when all have ended there is room
	}
}
