package native

import (
	"strings"
	"sync"
)

// vclFailure keeps why a VCL that compiles fails in the child: there is no other word of it
// than what the manager says before it ends that child. The zero value has none.
type vclFailure struct {
	mu    sync.Mutex
	said  []string
	reads bool
}

// hear takes a line of the manager's.
func (f *vclFailure) hear(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case strings.Contains(line, vclFails):
		f.said, f.reads = []string{line}, true
	case strings.Contains(line, "Stopping Child"):
		f.reads = false
	case f.reads:
		f.said = append(f.said, line)
	}
}

// VCLFailure is what the manager said last of a VCL that is in use and failed in the
// child; "" where none has.
func (v *Varnish) VCLFailure() string {
	v.failure.mu.Lock()
	defer v.failure.mu.Unlock()
	for _, name := range v.inUse().names() {
		if len(v.failure.said) > 0 && strings.Contains(v.failure.said[0], `"`+name+`"`) {
			return strings.Join(v.failure.said, "\n")
		}
	}
	return ""
}
