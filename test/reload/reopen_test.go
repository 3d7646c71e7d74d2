package reload

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// TestReopenDuringReload: a log that was moved away is opened anew at once, though
// a reload waits for an app.
func TestReopenDuringReload(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.BuiltIn)
	good := strings.Replace(plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`), "engine {  }", `log { access = "access.log" }`, 1)
	h.Write("site.hcl", good)
	e := h.Run("--app-timeout", "10m")
	h.Write("site.hcl", withLate(good, port.Free(t), "touch started; exec sleep 600"))
	e.Signal(syscall.SIGHUP)
	e.AwaitFile("started")
	if err := os.Rename(h.Path("access.log"), h.Path("access.log.1")); err != nil {
		t.Fatal(err)
	}
	e.Signal(syscall.SIGUSR1)
	e.AwaitFile("access.log")
	if last := e.Status().LastReload; last != nil {
		t.Errorf("the reload was over: %+v", last)
	}
	e.Stop()
}
