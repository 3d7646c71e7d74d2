package reload

import (
	"fmt"
	"os"
	"strings"

	"edgegen/internal/api"
)

func ready(s api.Status) bool { return s.State == "ready" }

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
