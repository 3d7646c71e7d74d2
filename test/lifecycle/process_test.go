package lifecycle

import (
	"fmt"
	"os"
	"strings"

	"edgegen/test/edge"
)

// children returns the living children of a process by name.
func (h *home) children(parent int, name string) []edge.Process {
	var children []edge.Process
	for _, p := range h.Belonging() {
		if p.Parent == parent && strings.HasPrefix(p.Name, name) {
			children = append(children, p)
		}
	}
	return children
}

// process returns the home's living process of that number.
func (h *home) process(pid int) edge.Process {
	h.t.Helper()
	for _, p := range h.Belonging() {
		if p.PID == pid {
			return p
		}
	}
	h.t.Fatalf("there is no process %d", pid)
	return edge.Process{}
}

// isGuardian tells edgegen's guardian from its other children.
func isGuardian(p edge.Process) bool {
	arguments, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID)) // it may have ended
	return strings.HasSuffix(string(arguments), "\x00__guardian\x00")
}
