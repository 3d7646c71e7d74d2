package reload

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"edgegen/internal/control"
)

func ready(s control.Status) bool { return s.State == "ready" }

// listen takes a port.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func (w *world) remove(name string) {
	w.t.Helper()
	if err := os.Remove(w.Path(name)); err != nil {
		w.t.Fatal(err)
	}
}

// withLate adds an app to a site of plain, which a reload waits for.
func withLate(site, servers, script string) string {
	return strings.Replace(site, `route "/" {`, fmt.Sprintf(`backend "late" {
    servers = [%q]
    command = ["sh", "-c", %q]
  }
  route "/late" {
    backend   = "late"
    websocket = true
  }
  route "/" {`, servers, script), 1)
}
