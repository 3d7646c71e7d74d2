package lifecycle

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/test/edge"
)

// goneWithin is the promise of P4.
const goneWithin = 2 * time.Second

// settled holds that within two seconds nothing of an edge that was killed is
// left: no process, no socket, no file but the authority's, the lock's and the
// ledger's that the next run takes over.
func (h *home) settled() {
	h.t.Helper()
	// A machine with more to do than to start processes gets some more time.
	if took := h.Settled(3 * goneWithin); took > goneWithin {
		h.t.Logf("slow: all were gone after %v", took)
	} else {
		h.t.Logf("all were gone after %v", took.Round(time.Millisecond))
	}
	h.clean("state/lock")
}

// TestKill holds P4 for kill -9 of edgegen itself, with an app that ignores
// SIGTERM and a grandchild that left its session and ignores it too.
func TestKill(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn", "-offspring"}})
	e := h.run()
	e.get("/hello.txt")
	e.Says("offspring")
	if before := h.Belonging(); len(before) < 9 {
		t.Errorf("there are only %v", before)
	}
	e.Signal(syscall.SIGKILL)
	h.settled()
	e.Ends()

	again := h.run()
	again.get("/hello.txt")
	again.killedWithGuardian(t)
}

// starting is how long a start takes on a machine with little to do.
const starting = 1500 * time.Millisecond

// TestKillWhileStarting kills edgegen at random moments of its start.
func TestKillWhileStarting(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn", "-offspring"}})
	part := starting / time.Duration(*kills)
	for round := range *kills {
		moment := time.Duration(round)*part + rand.N(part)
		e := h.up()
		select {
		case <-time.After(moment):
		case <-e.Exited:
			t.Fatalf("round %d: the start failed: %s", round, e.Err.Text())
		}
		e.Signal(syscall.SIGKILL)
		t.Logf("killed after %v", moment.Round(time.Millisecond))
		h.settled()
		e.Ends()
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	e := h.run()
	e.get("/hello.txt")
	e.Stop()
	h.clean()
}

// killedWithGuardian holds that the next run ends what is left when the guardian
// was killed too.
func (e *running) killedWithGuardian(t *testing.T) {
	t.Helper()
	h := e.home
	// Stopped, edgegen cannot appoint another guardian.
	e.Signal(syscall.SIGSTOP)
	for _, p := range h.children(e.PID(), "") {
		if isGuardian(p) {
			if err := p.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	e.Signal(syscall.SIGKILL)
	e.Ends()
	again := h.run()
	if !strings.Contains(again.Err.Text(), "ended a process that an earlier run left behind") {
		t.Error("it does not say what it ended")
	}
	again.get("/hello.txt")
	if offspring := strings.Count(again.Out.Text()+again.Err.Text(), "offspring"); offspring != 1 {
		t.Errorf("the app was started %d times", offspring)
	}
	again.Stop()
	h.Settled(0)
	h.clean()
}
