// Package monitor answers on the metrics listener: what Prometheus scrapes, a page for
// people, and whether the edge is ready, for load balancers. Nothing can be changed
// by way of it.
package monitor

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"edgegen/internal/api"
)

// Source is what a Monitor tells of. All of it is asked for from many goroutines.
type Source struct {
	// Overview looks at the edge. It may take a while, and is asked at most once a
	// second.
	Overview func() api.Overview
	// Ready reports whether clients are to be sent here.
	Ready func() bool
	// Metrics are those that Prometheus is told.
	Metrics prometheus.Gatherer
	// HideJSON replaces what is secret in a text of JSON.
	HideJSON func([]byte) []byte
	// Hosts are names by which the listener may be asked, in lower case, besides IP
	// addresses and localhost.
	Hosts func() []string
}

// Monitor is a handler of HTTP requests.
type Monitor struct {
	source  Source
	mux     *http.ServeMux
	page    []byte
	policy  string // the page's Content-Security-Policy
	streams chan struct{}

	mu     sync.Mutex // held while the edge is looked at
	last   []byte     // as JSON
	lastAt time.Time
}

// New makes one. Whoever serves it ends the contexts of its requests to end streams.
func New(source Source) *Monitor {
	m := &Monitor{source: source, mux: http.NewServeMux(), page: page, policy: policyOf(page), streams: make(chan struct{}, mostStreams)}
	m.mux.HandleFunc("/metrics", m.metrics)
	m.mux.HandleFunc("/status", m.status)
	m.mux.HandleFunc("/status.json", m.statusJSON)
	m.mux.HandleFunc("/status/stream", m.stream)
	m.mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { word(w, http.StatusOK, "ok") })
	m.mux.HandleFunc("/readyz", m.ready)
	m.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "status", http.StatusFound) })
	return m
}

// ServeHTTP refuses hosts that are not its own: a page in a browser on this machine
// could otherwise read what is told here, by a name of its own that leads here.
func (m *Monitor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	switch {
	case !m.isOwn(r.Host):
		word(w, http.StatusMisdirectedRequest, "ask by an IP address or by localhost, or name this host in metrics { hosts }")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		word(w, http.StatusMethodNotAllowed, "nothing can be changed here")
	default:
		m.mux.ServeHTTP(w, r)
	}
}

func word(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // who went away does not want it
}

func (m *Monitor) ready(w http.ResponseWriter, _ *http.Request) {
	if m.source.Ready() {
		word(w, http.StatusOK, "ready")
		return
	}
	word(w, http.StatusServiceUnavailable, "not ready")
}

func (m *Monitor) metrics(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock() // one at a time: daemons are asked for it
	families, err := m.source.Metrics.Gather()
	m.mu.Unlock()
	if err != nil {
		word(w, http.StatusInternalServerError, err.Error())
		return
	}
	var text bytes.Buffer
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	encoder := expfmt.NewEncoder(&text, format)
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			word(w, http.StatusInternalServerError, err.Error())
			return
		}
	}
	w.Header().Set("Content-Type", string(format))
	_, _ = w.Write(text.Bytes()) // who went away does not want it
}

func (m *Monitor) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", m.policy)
	_, _ = w.Write(m.page) // who went away does not want it
}

func (m *Monitor) statusJSON(w http.ResponseWriter, _ *http.Request) {
	text, err := m.overview()
	if err != nil {
		word(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n')) // who went away does not want it
}

// overview is the latest as JSON, on one line. All who ask within a second get the
// same.
func (m *Monitor) overview() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last != nil && time.Since(m.lastAt) < time.Second {
		return m.last[:len(m.last):len(m.last)], nil
	}
	// Others wait for it: it is looked at to the end where the one who asks leaves.
	text, err := json.Marshal(m.source.Overview())
	if err != nil {
		return nil, err
	}
	m.last, m.lastAt = m.source.HideJSON(text), time.Now()
	return m.last[:len(m.last):len(m.last)], nil
}
