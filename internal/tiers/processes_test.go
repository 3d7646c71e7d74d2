package tiers

import (
	"testing"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// TestPatience holds that daemons get more time where there is more to be compiled and read.
func TestPatience(t *testing.T) {
	for sites, want := range map[int]time.Duration{1: 30 * time.Second, 1000: time.Minute, 10000: 330 * time.Second} {
		g := &generation.Generation{Loaded: &config.Loaded{Edge: &site.Edge{Sites: make([]site.Site, sites)}}}
		if got := patienceWith(g).Truncate(time.Second); got != want {
			t.Errorf("with %d sites %v, want %v", sites, got, want)
		}
	}
}
