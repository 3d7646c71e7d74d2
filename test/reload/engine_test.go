package reload

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// plain is a site with one app, an engine block and listeners.
func plain(app *load.App, engine, https string) string {
	return fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = [%s]
  timeouts { drain = "2s" }
  engine { %s }
  metrics { listen = "127.0.0.1:0" }
}

site %q {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
`, https, engine, host, app.Address)
}

// counted is how many requests have been counted that were answered 2xx.
func counted(t *testing.T, e *edge.Edge) (sum int) {
	t.Helper()
	for labels, n := range edge.RequestCounts(e.Metrics()) {
		if strings.Contains(labels, `status="2xx"`) {
			sum += int(n)
		}
	}
	return sum
}

// asked holds that the edge answers.
func asked(t *testing.T, e *edge.Edge, when string) {
	t.Helper()
	if answer, _, err := load.Get(e.HTTPS(), host, "/page"); err != nil || answer.Status != 200 {
		t.Errorf("%s: %d, %v", when, answer.Status, err)
	}
}

func running(e *edge.Edge, program string) bool {
	return slices.ContainsFunc(e.Family(), func(p edge.Process) bool { return strings.HasPrefix(p.Name, program) && p.Alive() })
}

// TestEngineChange gives each tier the other engine by a reload, and its own one
// back: the edge goes on when what served before has gone, and exactly those
// WebSockets close that plan has counted. What is asked meanwhile is counted once,
// whoever answers (O1).
func TestEngineChange(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	app := load.StartApp(t, "app")
	h.Write("site.hcl", plain(app, "", `"127.0.0.1:0"`))
	e := h.Run("--engine", "") // what the site says
	for _, c := range []struct{ role, program string }{{"cache", "varnishd"}, {"web", "nginx"}, {"tls", "stunnel"}} {
		for _, engine := range []string{c.role + ` = "builtin"`, ""} {
			when := fmt.Sprintf("%s, %q", c.role, engine)
			open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 10, Pause: paced(10, 30)})
			h.Write("site.hcl", plain(app, engine, `"127.0.0.1:0"`))
			plan, _ := e.Plan()
			if result := e.Reload(); result.Code != 0 {
				t.Fatalf("%s: reload exits with %d: %s", when, result.Code, result.Err)
			}
			asked(t, e, when+": at once")
			await(t, "the counted WebSockets have closed", func() bool { return open.Open() <= 10-plan.WebSockets })
			if r := open.Stop(); len(r.Cuts) != plan.WebSockets {
				t.Errorf("%s: %d WebSockets closed, and plan has counted %d", when, len(r.Cuts), plan.WebSockets)
			}
			if engine != "" {
				await(t, c.program+" has gone", func() bool { return !running(e, c.program) })
			}
			asked(t, e, when+": afterwards")
		}
		if !running(e, c.program) {
			t.Errorf("%s does not serve again", c.program)
		}
	}
	await(t, "all requests have been counted", func() bool { return counted(t, e) >= 12 })
	if n := counted(t, e); n != 12 {
		t.Errorf("%d requests are counted, of 12", n)
	}
	e.Stop()
}

// TestEngineChangeUndone holds R1 where a tier that comes later in a change of
// engines does not follow.
func TestEngineChangeUndone(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	app := load.StartApp(t, "app")
	h.Write("site.hcl", plain(app, "", `"127.0.0.1:0"`))
	e := h.Run("--engine", "")
	stunnel := e.Family()[slices.IndexFunc(e.Family(), func(p edge.Process) bool { return p.Name == "stunnel" })]
	if err := stunnel.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	h.Write("site.hcl", plain(app, `cache = "builtin"`, `"127.0.0.1:0", "127.0.0.1:0"`))
	if result := e.Reload(); result.Code != 1 {
		t.Fatalf("reload exits with %d: %s", result.Code, result.Err)
	}
	await(t, "what is stopped has been ended", func() bool { return !stunnel.Alive() })
	asked(t, e, "afterwards")
	e.Stop()
}

// TestListenerComesBack: an address that a reload has dropped refuses at once,
// though a stunnel lives on that had it, and can be had again.
func TestListenerComesBack(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	app := load.StartApp(t, "app")
	more := port.Free(t)
	h.Write("site.hcl", plain(app, "", fmt.Sprintf(`"127.0.0.1:0", %q`, more)))
	e := h.Run()
	open := load.OpenSockets(load.SocketOptions{Address: more, Host: host, Path: "/ws", Count: 5, Pause: paced(5, 30)})
	for round, https := range []string{`"127.0.0.1:0"`, fmt.Sprintf(`"127.0.0.1:0", %q`, more)} {
		h.Write("site.hcl", plain(app, "", https))
		if result := e.Reload(); result.Code != 0 {
			t.Fatalf("round %d: reload exits with %d: %s", round, result.Code, result.Err)
		}
		_, _, err := load.Get(more, host, "/page")
		if (err != nil) != (round == 0) {
			t.Errorf("round %d: %v", round, err)
		}
	}
	if r := open.Stop(); len(r.Cuts) != 0 {
		t.Errorf("%d WebSockets closed", len(r.Cuts))
	}
	e.Stop()
}

// TestTierLeftOut leaves a tier out by a reload, and takes it back in (T1, T2, T3).
func TestTierLeftOut(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	app := load.StartApp(t, "app")
	with := plain(app, "", `"127.0.0.1:0"`)
	h.Write("site.hcl", with)
	e := h.Run("--engine", "") // what the site says
	behind := strings.Replace(with, `https = ["127.0.0.1:0"]`, `trusted_proxies = ["127.0.0.9"]`, 1)
	behind = strings.Replace(behind, "engine {  }", `engine { tls = "off" }`, 1)
	for _, c := range []struct {
		name, text string
		plain      bool   // it is asked on the plain listener
		gone       string // the program that has ended afterwards
	}{
		{"no cache", strings.Replace(with, "engine {  }", `engine { cache = "off" }`, 1), false, "varnishd"},
		{"all tiers", with, false, ""},
		{"one nginx", plain(app, front, `"127.0.0.1:0"`), false, "stunnel"},
		{"one nginx less", with, false, ""},
		{"no tls", behind, true, "stunnel"},
		{"all tiers again", with, false, ""},
	} {
		h.Write("site.hcl", c.text)
		if result := e.Reload(); result.Code != 0 {
			t.Fatalf("%s: reload exits with %d: %s", c.name, result.Code, result.Err)
		}
		if c.plain {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+e.Status().Tiers[0].Listen[0]+"/page", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close() // it is not read
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", c.name, response.StatusCode)
			}
		} else {
			asked(t, e, c.name)
		}
		if c.gone != "" {
			await(t, c.gone+" has gone", func() bool { return !running(e, c.gone) })
		}
	}
	e.Stop()
}
