package supervise

import (
	"path/filepath"
	"syscall"
	"testing"
)

func TestSuspendedChildren(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "child")
	r := running(t, shell("sleep 300 & sleep 300 & echo $! >"+file+"; wait; wait"), Policy{}, nil)
	child := numberIn(t, file).pid
	if got := r.SuspendedChildren(); len(got) != 0 {
		t.Errorf("stopped at the start: %v", got)
	}
	if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a stopped child", func() bool { return len(r.SuspendedChildren()) == 1 })
	first, again := r.SuspendedChildren(), r.SuspendedChildren()
	if len(first) != 1 || len(again) != 1 || first[0] != again[0] || first[0].PID() != child {
		t.Fatalf("stopped: %v, then %v, not %d", first, again, child)
	}
	if r.Suspended() {
		t.Error("the parent is said to be stopped")
	}
	if err := first[0].Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its end", func() bool { return len(r.SuspendedChildren()) == 0 })
	if got := r.Status().State; got != Running {
		t.Errorf("the parent is %v", got)
	}
}
