package render_test

import (
	"strings"
	"testing"

	"edgegen/internal/site"
)

// TestStandby: what edgegen adds for itself stands in its place where it runs
// the daemons, and nowhere in what people run by hand.
func TestStandby(t *testing.T) {
	in := input(placedEdge())
	byHand := mustRender(t, in)
	in.Standby = true
	supervised := mustRender(t, in)
	for name, c := range map[string]struct {
		byHand, supervised string
		before             string   // in both
		added              []string // in this order
		after              string   // in both
	}{
		"stunnel.conf": {string(byHand.Of(site.Stunnel).Main().Data), string(supervised.Of(site.Stunnel).Main().Data),
			"connect = " + in.Layout.CacheSocket() + "\n",
			[]string{"connect = " + in.Layout.StandbySocket() + "\nfailover = prio\n", "[edgegen]\naccept = "},
			"[https-1]\naccept = "},
		"nginx.conf": {string(byHand.Of(site.Nginx).Main().Data), string(supervised.Of(site.Nginx).Main().Data),
			"server unix:" + in.Layout.PlainSocket() + " max_fails=0;",
			[]string{"server unix:" + in.Layout.StandbyPlain() + " backup max_fails=0;"},
			"keepalive 16;"},
	} {
		t.Run(name, func(t *testing.T) {
			rest := c.supervised
			for _, text := range append(append([]string{c.before}, c.added...), c.after) {
				_, after, found := strings.Cut(rest, text)
				if !found {
					t.Fatalf("%q is not there, or not in its place", text)
				}
				rest = after
			}
			for _, text := range c.added {
				if strings.Contains(c.byHand, text) {
					t.Errorf("%q is in what people run by hand", text)
				}
			}
		})
	}
}
