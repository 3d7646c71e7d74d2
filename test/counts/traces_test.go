package counts

import (
	"net/http/httptest"
	"strings"
	"testing"

	"edgegen/internal/api"
	"edgegen/test/collector"
	"edgegen/test/edge"
)

// TestO3CollectorChanges holds that a reload changes which collector is told, touches no
// daemon where that is all, and loses no span.
func TestO3CollectorChanges(t *testing.T) {
	for _, c := range edge.Named(t, *engines) {
		t.Run(c.Name, func(t *testing.T) {
			p := start(t, c)
			var collectors [2]collector.Collector
			var urls [2]string
			for i := range collectors {
				server := httptest.NewServer(&collectors[i])
				t.Cleanup(server.Close)
				urls[i] = server.URL
			}
			told := func(i, count int) {
				t.Helper()
				edge.Await(t, "spans of every request", edge.Patience, func() int { return traces(&collectors[i]) }, func(n int) bool { return n >= count })
				if n := traces(&collectors[i]); n != count {
					t.Errorf("collector %d is told of %d requests, want %d", i, n, count)
				}
			}
			reload := func(old, new string) api.Plan {
				t.Helper()
				p.home.Replace(old, new)
				plan, _ := p.Plan()
				if r := p.Reload(); r.Code != 0 {
					t.Fatalf("reload: %s", r.Err)
				}
				return plan
			}
			const without = "  timeouts { drain = \"10s\" }\n"
			reload(without, without+`  trace { otlp = "`+urls[0]+"\" }\n")
			p.ask(40, nil)
			for _, tier := range reload(urls[0], urls[1]).Tiers {
				if tier.Role != "edge" && tier.Engine != "builtin" && tier.Action != api.Nothing || tier.Role == "edge" && strings.Join(tier.Why, "") != "the traces" {
					t.Errorf("another collector: %+v", tier)
				}
			}
			p.ask(20, nil)
			told(0, 40)
			told(1, 20)
			if s := p.Status().Traces; s == nil || s.Collector != urls[1]+"/v1/traces" || s.Failed+s.Dropped > 0 {
				t.Errorf("the status tells %+v", s)
			}
			reload(`  trace { otlp = "`+urls[1]+"\" }\n", "")
			p.ask(20, nil)
			p.Stop()
			if n := traces(&collectors[1]); n != 20 {
				t.Errorf("without a collector %d requests are told of", n-20)
			}
		})
	}
}

// traces is of how many traces a collector was told.
func traces(c *collector.Collector) int {
	all := map[string]bool{}
	for _, s := range c.Of("") {
		all[s.Trace] = true
	}
	return len(all)
}
