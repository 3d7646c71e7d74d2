package tiers

import (
	"testing"

	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// What stands in for a daemon that is two tiers serves both, and spans say so.
func TestStandInOfBothTiers(t *testing.T) {
	e := &House{}
	one := newNginx(e, generation.Chosen{Role: site.WebTier, Engine: site.Nginx, Besides: []string{site.TLSTier}}).(*nginxServer)
	e.servers = []Server{one}
	for _, taken := range []bool{false, true} {
		one.taken = taken
		for role, want := range map[string]bool{site.TLSTier: taken, site.WebTier: taken, site.CacheTier: false} {
			if got := e.StandsIn(role); got != want {
				t.Errorf("taken over: %v; a stand-in is the %s tier: %v", taken, role, got)
			}
		}
	}
}
