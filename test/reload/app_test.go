package reload

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// withApp is a site whose app edgegen runs, and another app that it does not.
func withApp(other *load.App, address, command, serial string) string {
	return fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  timeouts { drain = "5s" }
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
			first, second := edge.FreeAddress(t), edge.FreeAddress(t)
			h.Write("site.hcl", withApp(other, first, itself, "1"))
			e := h.Run()
			open := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 7})
			others := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/other/ws", Count: 5})

			h.Write("site.hcl", withApp(other, first, h.Path("no-such-program"), "2"))
			if result := e.Reload(); result.Code != 1 || !strings.Contains(result.Err, "no-such-program") || !strings.Contains(result.Err, "site.hcl:") {
				t.Errorf("reload exits with %d: %s", result.Code, result.Err)
			}
			if open.Open() != 7 {
				t.Errorf("%d of 7 WebSockets are open after the refusal", open.Open())
			}
			for _, address := range []string{first, second} { // restarted in its place, then beside
				h.Write("site.hcl", withApp(other, address, itself, "3"))
				plan, _ := e.Plan()
				if plan.WebSockets != 7 {
					t.Errorf("plan counts %d WebSockets", plan.WebSockets)
				}
				if result := e.Reload(); result.Code != 0 || !strings.Contains(result.Out+result.Err, "7 WebSockets ended") {
					t.Errorf("reload exits with %d: %s%s", result.Code, result.Out, result.Err)
				}
				await(t, "they have been ended", func() bool { return open.Open() == 0 })
				if r := open.Stop(); len(r.Cuts) != 7 {
					t.Errorf("%d WebSockets closed", len(r.Cuts))
				}
				open = load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 7})
			}
			_ = open.Stop()
			few(t, "WebSockets to the other app closed", others.Stop().Cuts)
			e.Stop()
		})
	}
}
