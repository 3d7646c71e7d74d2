package conformance

import (
	"net"
	"strings"
	"testing"

	"edgegen/internal/explain"
	"edgegen/internal/site"
	"edgegen/test/edge"
)

// subject is a running edge with the apps behind it.
type subject struct {
	*edge.Edge
	http, https   string // listen addresses
	metrics       string // where metrics are told; "" for nowhere
	https6        string // the IPv6 one; "" where the machine has none
	record        *record
	log           *logReader
	configuration string
	explains      *explain.Explainer
}

// start runs an edge for a configuration and does not wait for it.
func start(t *testing.T, c edge.Combination, configuration string) *subject {
	t.Helper()
	h, r := edge.NewHome(t, c), newRecord()
	writeSite(t, h, r, configuration)
	return &subject{Edge: h.Up(), record: r, log: &logReader{path: h.Path("access.log")}, configuration: configuration}
}

// await waits until the edge is ready, and asks where it listens.
func (s *subject) await(t *testing.T) {
	t.Helper()
	s.Ready()
	status := s.Status()
	if len(status.Metrics) > 0 {
		s.metrics = status.Metrics[0]
	}
	for _, tier := range status.Tiers {
		for _, address := range tier.Listen {
			switch {
			case strings.Contains(address, "/"), strings.HasPrefix(address, "udp:"): // between tiers, and HTTP/3
			case tier.Role == "web":
				s.http = address
			case tier.Role == "tls" && strings.HasPrefix(address, "["):
				s.https6 = address
			case tier.Role == "tls":
				s.https = address
				if s.TLS == site.Off {
					s.http = address
				}
			}
		}
	}
	if s.http == "" || s.https == "" {
		t.Fatalf("status tells no listeners: %+v", status)
	}
	if s.configuration == "main" {
		s.spend(t)
	}
	s.explains = s.Explainer(t, s.https, s.https6)
}

// hasIPv6 reports whether the machine has an IPv6 loopback.
func hasIPv6() bool {
	listener, err := net.Listen("tcp6", "[::1]:0")
	return err == nil && listener.Close() == nil
}

// startAll starts an edge for every configuration.
func startAll(t *testing.T, c edge.Combination) map[string]*subject {
	t.Helper()
	subjects := map[string]*subject{}
	for _, name := range configurations() {
		subjects[name] = start(t, c, name)
	}
	for _, s := range subjects {
		s.await(t)
	}
	return subjects
}

func stopAll(subjects map[string]*subject) {
	var edges []*edge.Edge
	for _, s := range subjects {
		edges = append(edges, s.Edge)
	}
	edge.StopAll(edges...)
}
