package reload

import (
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// front is what the engine block of such an edge says.
const front = "\n    tls   = \"nginx\"\n    cache = \"off\"\n  "

// TestT3OneNginx: one nginx that ends TLS and is the web tier is told as one process,
// keeps its WebSockets through a reload, is stood in for as a whole, and is given both
// tiers back.
func TestT3OneNginx(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.OneNginx)
	h.Wrap()
	app := load.StartApp(t, "app")
	site := plain(app, front, `"127.0.0.1:0"`)
	h.Write("site.hcl", site)
	e := h.Run("--engine", "") // what the site says
	both := func(s api.Status, engine string) bool {
		tls, web := edge.Tier(s, "tls"), edge.Tier(s, "web")
		return tls.Engine == engine && web.Engine == engine && tls.PID == web.PID && tls.PID != 0
	}
	if s := e.Status(); !both(s, "nginx") || edge.Tier(s, "cache").Engine != "off" {
		t.Errorf("it is told as %+v", s.Tiers)
	}

	open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 10, Pause: paced(10, 30)})
	site = strings.Replace(site, `route "/" {`, "route \"/old\" {\n    redirect { to = \"/new\" }\n  }\n  route \"/\" {", 1)
	h.Write("site.hcl", site)
	if plan, _ := e.Plan(); plan.WebSockets != 0 || plan.Tiers[0].Action != "reload" {
		t.Errorf("the plan is %+v", plan)
	}
	if result := e.Reload(); result.Code != 0 {
		t.Fatalf("reload exits with %d: %s", result.Code, result.Err)
	}
	if answer, _, err := load.Get(e.HTTPS(), host, "/old"); err != nil || answer.Status != 302 {
		t.Errorf("the new route: %d, %v", answer.Status, err)
	}
	site = strings.Replace(site, `https = ["127.0.0.1:0"]`, `https = ["127.0.0.1:0", "127.0.0.1:0"]`, 1)
	h.Write("site.hcl", site)
	before := edge.Tier(e.Status(), "tls").PID
	if result := e.Reload(); result.Code != 0 {
		t.Fatalf("reload with another listener exits with %d: %s", result.Code, result.Err)
	}
	if s := e.Status(); !both(s, "nginx") || edge.Tier(s, "tls").PID == before || len(edge.Tier(s, "tls").Listen) != 2 {
		t.Errorf("with another listener it is told as %+v", s.Tiers)
	}
	asked(t, e, "with another listener")
	if r := open.Stop(); len(r.Cuts) != 0 {
		t.Errorf("%d WebSockets closed", len(r.Cuts))
	}

	await(t, "the nginx of before has gone", func() bool { return masters(e) == 1 })
	broken(t, e, "tls", "nginx", edge.NginxBroken)
	if s := e.Status(); !both(s, "builtin") {
		t.Errorf("it is stood in for as %+v", s.Tiers)
	}
	asked(t, e, "while it is down")
	h.Write("site.hcl", strings.Replace(site, "/new", "/newer", 1))
	if result := e.Reload(); result.Code != 0 {
		t.Fatalf("reload while it is down exits with %d: %s", result.Code, result.Err)
	}
	asked(t, e, "after a reload while it is down")
	h.Clear(edge.NginxBroken)
	e.Until("nginx has both tiers back", edge.Patience, func(s api.Status) bool { return s.State == "ready" && both(s, "nginx") })
	asked(t, e, "afterwards")

	killed := kill(t, e, "nginx", syscall.SIGKILL).PID
	e.Until("another nginx serves", edge.Patience, func(s api.Status) bool {
		return s.State == "ready" && both(s, "nginx") && edge.Tier(s, "tls").PID != killed
	})
	asked(t, e, "after its death")
	e.Stop()
}

// masters counts the nginxes that edgegen has started.
func masters(e *edge.Edge) (count int) {
	for _, p := range e.Family() {
		if p.Parent == e.PID() && p.Name == "nginx" {
			count++
		}
	}
	return count
}
