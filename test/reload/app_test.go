package reload

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// withApp is a site whose app edgegen runs, and another app that it does not.
func withApp(other *load.App, address, command, serial string) string {
	return fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  timeouts { drain = "1s" }
}

site %q {
  tls { self_signed = true }
  backend "app" {
    servers = [%q]
    command = [%q]
    env     = { %s = %q, SERIAL = %q }
  }
  backend "other" { servers = [%q] }
  route "/" {
    backend   = "app"
    websocket = true
  }
  route "/other" {
    backend   = "other"
    websocket = true
  }
}
`, host, address, command, appVariable, address, serial, other.Address)
}

// TestAppRestart: a reload that gives an app another process ends exactly the
// WebSockets that plan has counted, and one that names a program that is not
// there ends nothing (R1).
func TestAppRestart(t *testing.T) {
	t.Parallel()
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []edge.Combination{edge.Native, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			other := load.StartApp(t, "other")
			first, second := port.Free(t), port.Free(t)
			h.Write("site.hcl", withApp(other, first, itself, "1"))
			e := h.Run()
			open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 7, Pause: paced(7, 30)})
			others := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/other/ws", Count: 5, Pause: paced(5, 30)})

			h.Write("site.hcl", withApp(other, first, h.Path("no-such-program"), "2"))
			if result := e.Reload(); result.Code != 1 || !strings.Contains(result.Err, "no-such-program") || !strings.Contains(result.Err, "site.hcl:") {
				t.Errorf("reload exits with %d: %s", result.Code, result.Err)
			}
			if open.Open() != 7 {
				t.Errorf("%d of 7 WebSockets are open after the refusal", open.Open())
			}
			h.Write("site.hcl", withApp(other, first, itself, "3"))
			if plan, _ := e.Plan(); plan.WebSockets != 7 {
				t.Errorf("plan counts %d WebSockets", plan.WebSockets)
			}
			if result := e.Reload(); result.Code != 0 || !strings.Contains(result.Out+result.Err, "7 WebSockets ended") {
				t.Errorf("reload exits with %d: %s%s", result.Code, result.Out, result.Err)
			}
			await(t, "they have been ended", func() bool { return open.Open() == 0 })
			if r := open.Stop(); len(r.Cuts) != 7 {
				t.Errorf("%d WebSockets closed", len(r.Cuts))
			}
			besides(t, h, e, other, second, itself)
			few(t, "WebSockets to the other app closed", others.Stop().Cuts)
			e.Stop()
		})
	}
}

// besides has the app start at another address, with reloads that follow: its
// WebSockets stay until they end by themselves, and then the old app does.
func besides(t *testing.T, h *edge.Home, e *edge.Edge, other *load.App, address, command string) {
	t.Helper()
	open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 7, Pause: paced(7, 30)})
	old := e.Status().Backends[0].Process.PID
	oldApp := e.Family()[slices.IndexFunc(e.Family(), func(p edge.Process) bool { return p.PID == old })]
	text := withApp(other, address, command, "4")
	rounds := 2
	if *every {
		rounds = 5
	}
	for round := range rounds {
		h.Write("site.hcl", text)
		if plan, _ := e.Plan(); plan.WebSockets != 0 {
			t.Errorf("round %d: plan counts %d WebSockets", round, plan.WebSockets)
		}
		if result := e.Reload(); result.Code != 0 {
			t.Errorf("round %d: reload exits with %d: %s%s", round, result.Code, result.Out, result.Err)
		}
		asked(t, e, "after another app has started")
		text = strings.Replace(text, `route "/" {`, fmt.Sprintf("route \"/more%d\" {\n    redirect { to = \"/\" }\n  }\n  route \"/\" {", round), 1)
	}
	for begun := time.Now(); time.Since(begun) < 3*time.Second; time.Sleep(100 * time.Millisecond) { // more than timeouts.drain
		if open.Open() != 7 || !oldApp.Alive() {
			t.Fatalf("%d of 7 WebSockets are open, the old app lives: %t", open.Open(), oldApp.Alive())
		}
	}
	few(t, "WebSockets closed", open.Stop().Cuts)
	await(t, "the old app has ended", func() bool { return !oldApp.Alive() })
}

// TestAppThereAndBack: an app that goes on for its WebSockets only is no obstacle
// to another one that wants its address, and plan counts what that ends.
func TestAppThereAndBack(t *testing.T) {
	t.Parallel()
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := edge.NewHome(t, edge.BuiltIn)
	other := load.StartApp(t, "other")
	first, second := port.Free(t), port.Free(t)
	h.Write("site.hcl", withApp(other, first, itself, "1"))
	e := h.Run()
	open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 7, Pause: paced(7, 30)})
	for _, step := range []struct {
		address, serial string
		ends            int
	}{{second, "2", 0}, {first, "3", 7}} {
		h.Write("site.hcl", withApp(other, step.address, itself, step.serial))
		if plan, _ := e.Plan(); plan.WebSockets != step.ends {
			t.Errorf("to %s: plan counts %d WebSockets", step.address, plan.WebSockets)
		}
		if result := e.Reload(); result.Code != 0 {
			t.Fatalf("to %s: reload exits with %d: %s", step.address, result.Code, result.Err)
		}
		asked(t, e, "after the reload")
	}
	if r := open.Stop(); len(r.Cuts) != 7 {
		t.Errorf("%d WebSockets closed", len(r.Cuts))
	}
	if process := e.Status().Backends[0].Process; process.State != "running" || process.Restarts != 0 {
		t.Errorf("the app is %+v", process)
	}
	e.Stop()
}
