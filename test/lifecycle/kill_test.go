package lifecycle

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"
)

// goneWithin is the promise of P4.
const goneWithin = 2 * time.Second

// settled holds that within two seconds nothing of an edge that was killed is
// left: no process, no socket, no file but the authority's, the lock's and the
// ledger's that the next run takes over.
func (h *home) settled() {
	h.t.Helper()
	begun := time.Now()
	// A machine with more to do than to start processes gets some more time.
	awaitNone(h.t, h.dir, 3*goneWithin)
	if took := time.Since(begun); took > goneWithin {
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
	needDaemons(t)
	h := newHome(t)
	h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn", "-offspring"}})
	e := h.run()
	e.get("/hello.txt")
	e.says("offspring")
	if before := belonging(t, h.dir); len(before) < 9 {
		t.Errorf("there are only %v", before)
	}
	e.signal(syscall.SIGKILL)
	h.settled()
	e.ends()

	again := h.run()
	again.get("/hello.txt")
	again.signal(syscall.SIGTERM)
	if code := again.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	h.clean()
}

// TestKillWhileStarting kills edgegen at random moments of its start.
func TestKillWhileStarting(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	h := newHome(t)
	h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn", "-offspring"}})
	const rounds = 10
	for round := range rounds {
		moment := time.Duration(round)*150*time.Millisecond + rand.N(150*time.Millisecond)
		e := h.up()
		select {
		case <-time.After(moment):
		case <-e.exited:
			t.Fatalf("round %d: the start failed: %s", round, e.stderr.text())
		}
		e.signal(syscall.SIGKILL)
		t.Logf("killed after %v", moment.Round(time.Millisecond))
		h.settled()
		e.ends()
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	e := h.run()
	e.get("/hello.txt")
	e.signal(syscall.SIGTERM)
	e.ends()
	h.clean()
}

// TestKillBoth holds that the next run ends what is left when the guardian was
// killed too.
func TestKillBoth(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	h := newHome(t)
	h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn", "-offspring"}})
	e := h.run()
	// Stopped, edgegen cannot appoint another guardian.
	e.signal(syscall.SIGSTOP)
	for _, p := range childrenOf(t, h.dir, e.cmd.Process.Pid, "") {
		if isGuardian(p) {
			if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	e.signal(syscall.SIGKILL)
	e.ends()
	again := h.run()
	if !strings.Contains(again.stderr.text(), "ended a process that an earlier run left behind") {
		t.Error("it does not say what it ended")
	}
	again.get("/hello.txt")
	if offspring := strings.Count(again.stdout.text()+again.stderr.text(), "offspring"); offspring != 1 {
		t.Errorf("the app was started %d times", offspring)
	}
	again.signal(syscall.SIGTERM)
	again.ends()
	if left := belonging(t, h.dir); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	h.clean()
}
