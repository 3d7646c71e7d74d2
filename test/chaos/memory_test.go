package chaos

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestMemoryOfWebSockets holds what varnishd keeps of WebSockets that have ended,
// as the README tells: it touches the whole of two workspaces for each.
func TestMemoryOfWebSockets(t *testing.T) {
	t.Parallel()
	const count, most = 300, 460 // KiB for each
	p := newPlace(t, edge.Native)
	e := p.Run()
	child, _, ok := target{parent: "varnishd", comm: "cache-main"}.find(e)
	if !ok {
		t.Fatal("varnishd has no child")
	}
	before := resident(t, child)
	sockets := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: count, Pause: time.Second})
	open := resident(t, child)
	if report := sockets.Stop(); report.Opened != count || len(report.Failed)+len(report.Cuts) > 0 {
		t.Fatalf("%d opened; %v, %v", report.Opened, report.Failed, report.Cuts)
	}
	edge.Await(t, "varnishd has let go of all", edge.Patience, func() int { return e.Status().Connections.WebSockets }, func(n int) bool { return n == 0 })
	after := resident(t, child)
	t.Logf("varnishd has %d KiB for each WebSocket that is open, and %d for each that has ended", (open-before)/count, (after-before)/count)
	if each := (after - before) / count; each > most {
		t.Errorf("each WebSocket leaves %d KiB, more than %d", each, most)
	}
	e.Stop()
}

// resident is how much memory a process has, in KiB.
func resident(t *testing.T, p edge.Process) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.PID))
	if err != nil {
		t.Fatal(err)
	}
	var size int
	_, rest, _ := strings.Cut(string(text), "\nRss:")
	if _, err := fmt.Sscan(rest, &size); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return size
}
