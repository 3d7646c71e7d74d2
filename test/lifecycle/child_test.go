package lifecycle

import (
	"strconv"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// TestChildIsCounted holds that the end of varnishd's child, with which go the
// WebSockets and the cache in memory, is told by the status after all is well
// again, with what varnishd says of it.
func TestChildIsCounted(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	e := h.run()
	child := childOf("cache")(h, h.status())
	if err := child.Signal(syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	s := e.Until("varnishd was started again", edge.Patience, func(s api.Status) bool {
		return s.State == "ready" && tierRestarts("cache")(t, s) == 1
	})
	if f := edge.Tier(s, "cache").LastFailure; f == nil || !strings.Contains(f.Reason, "Wrong turn at cache/") && !strings.Contains(f.Reason, "Signal 11 ") { // as it takes a signal
		t.Errorf("the last failure is %+v", f)
	}
	if table := h.Verb("status").Out; !strings.Contains(table, "= started again ") {
		t.Errorf("the table does not tell:\n%s", table)
	}
	e.Stop()
}

// TestWorkerIsCounted holds the same of a worker of nginx, which nginx replaces.
func TestWorkerIsCounted(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.NginxAlone)
	h.site(plan{})
	e := h.run()
	worker := childOf("web")(h, h.status())
	if err := worker.Signal(syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	s := e.Until("the end of the worker is told", edge.Patience, func(s api.Status) bool {
		return edge.Tier(s, "web").Children == 1
	})
	want := "its worker " + strconv.Itoa(worker.PID) + " was ended by signal 11"
	if web := edge.Tier(s, "web"); web.LastFailure == nil || web.LastFailure.Reason != want || web.Restarts != 0 {
		t.Errorf("the last failure is %+v, after %d restarts", web.LastFailure, web.Restarts)
	}
	if table := h.Verb("status").Out; !strings.Contains(table, want) {
		t.Errorf("the table does not tell:\n%s", table)
	}
	e.Stop()
}
