package lifecycle

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestVarnishGivesBack holds that the memory of WebSockets is given back when they have
// ended, without other traffic: 80 MB here, of which the threads keep some.
func TestVarnishGivesBack(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.Write("site.hcl", fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
}

site "edge.test" {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
`, load.StartApp(t, "app").Address))
	e := h.run()
	child := childOf("cache")(h, h.status()).PID
	before := resident(t, child)
	sockets := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: "edge.test", Path: "/", Count: 200, Pause: time.Second})
	if report := sockets.Stop(); report.Opened != 200 {
		t.Fatalf("%d of 200 WebSockets were opened: %v", report.Opened, report.Failed)
	}
	e.Until("varnishd has given the memory back", edge.Patience, func(api.Status) bool {
		return resident(t, child) < before+40<<20
	})
	e.Stop()
}

// resident is how many bytes of memory a process has.
func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("process %d has no memory: %s", pid, status)
	}
	kib, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
