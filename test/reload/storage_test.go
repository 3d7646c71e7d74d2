package reload

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/control"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// unusable gives a site a cache whose file cannot be made, which is not seen
// before varnishd is to be restarted for it.
func unusable(h *edge.Home, site string) string {
	h.Link("storage", "nowhere")
	return strings.Replace(site, "timeouts {", `cache_storage {
    type = "file"
    size = "48MiB"
    path = "`+h.Path("storage")+`"
  }
  timeouts {`, 1)
}

// TestR1NoTakeoverStorage: where takeovers are ruled out, the stand-in for a
// restart that is given up goes, and nobody serves in place of a varnishd that
// dies later.
func TestR1NoTakeoverStorage(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	good := plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`)
	h.Write("site.hcl", good)
	e := h.Run("--no-takeover")
	h.Write("site.hcl", unusable(h, good))
	if result := e.Reload(); result.Code != 1 || !strings.Contains(result.Err, "symbolic link") {
		t.Errorf("reload exits with %d: %s", result.Code, result.Err)
	}
	asked(t, e, "after the refusal")
	for _, name := range []string{"standby.sock", "standby-plain.sock"} {
		if _, err := os.Lstat(filepath.Join(h.State, "run", name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	e.Set(edge.VarnishBroken)
	kill(t, e, "varnishd", syscall.SIGKILL)
	e.Until("varnishd is tried again", edge.Patience, func(s control.Status) bool {
		return edge.Tier(s, "cache").Restarts > 1
	})
	if answer, _, err := load.Get(e.HTTPS(), host, "/page"); err == nil {
		t.Errorf("somebody else answers: %d", answer.Status)
	}
	e.Clear(edge.VarnishBroken)
	e.Until("all is well again", edge.Patience, ready)
	asked(t, e, "afterwards")
	e.Stop()
}
