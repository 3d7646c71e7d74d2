package lifecycle

import (
	"syscall"
	"testing"

	"edgegen/test/edge"
)

// TestBuiltin holds that an edge of builtin tiers, which needs no daemon,
// begins and ends as one of daemons does.
func TestBuiltin(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]syscall.Signal{"stopped": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, edge.BuiltIn)
			h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn", "-offspring"}})
			e := h.run(builtin)
			if got := e.get("/hello.txt"); got != "hello\n" {
				t.Errorf("the file is %q", got)
			}
			e.get("/app")
			for _, one := range h.status().Tiers {
				if one.Engine != "builtin" || one.State != "running" {
					t.Errorf("the %s tier is %+v", one.Role, one)
				}
			}
			if end == syscall.SIGKILL {
				e.Kill()
				h.settled()
				return
			}
			e.Stop()
			h.Settled(0)
			h.clean()
		})
	}
}
