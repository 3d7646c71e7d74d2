package lifecycle

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReloadRaisesDescriptors holds that a reload which asks for more
// connections lets edgegen open more files, or says that it may not: in a
// container root itself may lack the right.
func TestReloadRaisesDescriptors(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.site(plan{edge: "limits {\n    connections = 100\n    websockets = 50\n  }"})
	e := h.run(builtin, func(c *exec.Cmd) {
		c.Args = append([]string{"sh", "-c", `ulimit -n 1024; exec "$0" "$@"`, c.Path}, c.Args[1:]...)
		c.Path = "/bin/sh"
	})
	limit := func() uint64 {
		var limit unix.Rlimit
		if err := unix.Prlimit(e.cmd.Process.Pid, unix.RLIMIT_NOFILE, nil, &limit); err != nil {
			t.Fatal(err)
		}
		return limit.Cur
	}
	before := limit()
	h.replace("connections = 100", "connections = 2000")
	said, err := h.command("reload", "--state-dir", h.state).CombinedOutput()
	if err != nil {
		t.Fatalf("reload: %v\n%s", err, said)
	}
	after := limit()
	told := strings.Contains(string(said), "too few for limits.connections = 2000")
	if before >= 4000 || (after >= 4000) == told {
		t.Errorf("the limit of open files was %d and is %d; reload says:\n%s", before, after, said)
	}
	e.signal(syscall.SIGTERM)
	if code := e.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	h.clean()
}
