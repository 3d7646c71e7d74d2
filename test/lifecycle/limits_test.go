package lifecycle

import (
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"edgegen/test/edge"
)

// TestReloadRaisesDescriptors holds that a reload which asks for more
// connections lets edgegen open more files, or says that it may not: in a
// container root itself may lack the right.
func TestReloadRaisesDescriptors(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.BuiltIn)
	h.site(plan{edge: "limits {\n    connections = 100\n    websockets = 50\n  }"})
	e := h.run(builtin, func(c *exec.Cmd) {
		c.Args = append([]string{"sh", "-c", `ulimit -n 1024; exec "$0" "$@"`, c.Path}, c.Args[1:]...)
		c.Path = "/bin/sh"
	})
	limit := func() uint64 {
		var limit unix.Rlimit
		if err := unix.Prlimit(e.PID(), unix.RLIMIT_NOFILE, nil, &limit); err != nil {
			t.Fatal(err)
		}
		return limit.Cur
	}
	before := limit()
	h.Replace("connections = 100", "connections = 2000")
	reload := e.Reload()
	if reload.Code != 0 {
		t.Fatalf("reload exits with %d: %s", reload.Code, reload.Err)
	}
	after, said := limit(), reload.Out+reload.Err
	told := strings.Contains(said, "too few for limits.connections = 2000")
	if before >= 4000 || (after >= 4000) == told {
		t.Errorf("the limit of open files was %d and is %d; reload says:\n%s", before, after, said)
	}
	e.Stop()
	h.clean()
}
