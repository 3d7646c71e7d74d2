package supervise

import (
	"context"
	"os"
	"testing"
	"time"
)

func TestNothingLeaksOverQuickRestarts(t *testing.T) {
	for _, test := range []struct {
		name, script string
		restarts     int
	}{
		{"that end at once", "exit 1", 300},
		{"that leave somebody in their group", "sleep 300 & exit 1", 50},
	} {
		t.Run(test.name, func(t *testing.T) {
			instance := opened(t)
			before := descriptors(t)
			restartQuickly(t, shell(test.script), test.restarts, instance)
			for pid, info := range processes() {
				if info.parent == os.Getpid() && info.identity != instance.book.guardian {
					t.Errorf("child %d is left in state %c", pid, info.state)
				}
				if marker, _ := markerOf(pid); instance.book.owns(marker) && !info.isDead() {
					t.Errorf("process %d is left", pid)
				}
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors before, %d after", before, after)
			}
			if left := instance.book.groups; len(left) != 0 {
				t.Errorf("groups in the book: %v", left)
			}
		})
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// restartQuickly returns when the process has been started again so many times
// and stopped.
func restartQuickly(t *testing.T, p Process, restarts int, instance *Instance) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.OnChange = func(s Status) {
		if s.Restarts >= restarts {
			cancel()
		}
	}
	r, err := NewRunner(p, Policy{FirstPause: time.Microsecond, LongestPause: time.Microsecond}, instance)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx); err != nil {
		t.Error(err)
	}
	if got := r.Status(); got.Restarts < restarts || got.State != Stopped {
		t.Errorf("status %+v", got)
	}
}
