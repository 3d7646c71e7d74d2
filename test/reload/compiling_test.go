package reload

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"edgegen/internal/api"
	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestServesWhileVarnishCompiles: an edge of many sites is ready before their VCL is
// compiled. The builtin tier serves until varnishd does, which status tells.
func TestServesWhileVarnishCompiles(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	h.Set(edge.CompilerHolds)
	var routes strings.Builder
	for i := range 20 {
		fmt.Fprintf(&routes, "  route \"/r%d\" {\n    redirect { to = \"/there%d\" }\n  }\n", i, i)
	}
	var others strings.Builder
	for i := range 40 { // with their routes they fill more than four files of VCL
		fmt.Fprintf(&others, "site \"s%d.test\" {\n  tls { self_signed = true }\n%s}\n", i, routes.String())
	}
	good := plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`) + others.String()
	h.Write("site.hcl", good)
	e := h.Up()
	e.Says("ready after")
	tier := func(s api.Status) api.TierStatus {
		for _, one := range s.Tiers {
			if one.Role == site.CacheTier {
				return one
			}
		}
		t.Fatalf("no cache tier in %+v", s)
		return api.TierStatus{}
	}
	if one := tier(e.Status()); !one.StandIn || one.Engine != string(site.Builtin) || !strings.Contains(one.Reason, "varnish is not ready yet: it compiles the VCL of 41 sites") {
		t.Errorf("while it compiles, the cache tier is %+v", one)
	}
	if !h.IsSet(edge.CompilerHeld) {
		t.Error("the compiler has not been called")
	}
	asks := func(when, path string) {
		t.Helper()
		connection, err := load.Dial(e.HTTPS(), host)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		answer, err := connection.Send(t.Context(), path)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s, %s is answered with %d", when, path, answer.StatusCode)
		}
	}
	asks("while it compiles", "/whoami")
	h.Clear(edge.CompilerHolds)
	e.Until("varnishd serves", edge.Patience, func(s api.Status) bool {
		one := tier(s)
		return !one.StandIn && one.Engine == string(site.Varnish) && s.State == "ready"
	})
	asks("when it serves", "/whoami")
	e.Says("serves its tier")
	if said := edge.RequestCounts(e.Metrics()); len(said) == 0 {
		t.Error("nothing is counted")
	}
	e.Stop()
}
