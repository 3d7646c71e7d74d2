package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"edgegen/internal/api"
)

// O2: all of it is seen on the smallest terminal, the latest of the charts included.
func TestTopFitsTheTerminal(t *testing.T) {
	points := make([]float64, 60)
	points[59], points[58] = 1, 1
	flow := api.Flow{Requests: 12345, Refused: 1, Failed: 120.5, Stored: 11111, Bytes: 123456789, P50: 12.3, P95: 1234, P99: 9999}
	o := api.Overview{Status: api.Status{State: "degraded", Site: "site.hcl", Tiers: []api.TierStatus{{Role: "cache", Engine: "varnish", Version: "7.1.1", State: "running"}}},
		Problems: []api.Problem{{Severe: true, What: "no server of the backend app of shop.example.org is well", Why: strings.Repeat("a long reason ", 10)}},
		Traffic: &api.Traffic{Window: 10, All: flow, Sites: []api.NamedFlow{{Site: "shop.example.org", Flow: flow, Points: points}},
			Backends: []api.BackendFlow{{Site: "shop.example.org", Name: "app", Flow: flow, Points: points}}}}
	text := topText(o, time.Now(), false, 80)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if n := strings.Count(text, "▁█\n"); n != 2 {
		t.Errorf("the latest of %d charts is seen:\n%s", n, text)
	}
	if n := strings.Count(text, "\n"); n > 24 {
		t.Errorf("%d lines:\n%s", n, text)
	}
}
