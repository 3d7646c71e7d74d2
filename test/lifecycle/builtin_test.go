package lifecycle

import (
	"os/exec"
	"syscall"
	"testing"
)

// TestBuiltin holds that an edge of builtin tiers, which needs no daemon,
// begins and ends as one of daemons does.
func TestBuiltin(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]syscall.Signal{"stopped": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn", "-offspring"}})
			e := h.run(func(c *exec.Cmd) { c.Args = append(c.Args, "--engine", "builtin") })
			if got := e.get("/hello.txt"); got != "hello\n" {
				t.Errorf("the file is %q", got)
			}
			e.get("/app")
			for _, one := range e.status().Tiers {
				if one.Engine != "builtin" || one.State != "running" {
					t.Errorf("the %s tier is %+v", one.Role, one)
				}
			}
			e.signal(end)
			if end == syscall.SIGKILL {
				h.settled()
				return
			}
			if code := e.ends(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if left := belonging(t, h.dir); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
			h.clean()
		})
	}
}
