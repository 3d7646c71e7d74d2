package supervise

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Suspended reports whether a signal has stopped the process, so that it does
// nothing until it is continued. One that a debugger holds is not meant.
func (r *Runner) Suspended() bool {
	info, err := inspect(r.Status().PID)
	return err == nil && info.isSuspended()
}

func (p procInfo) isSuspended() bool { return p.state == 'T' }

// A Descendant is a process that a Runner's process has started. Two are equal
// where they are the same process.
type Descendant struct{ id identity }

// PID is the number of the process, as long as it lives.
func (d Descendant) PID() int { return d.id.pid }

// Kill sends SIGKILL to this process and to no other that has its number now.
func (d Descendant) Kill() error { return d.id.send(syscall.SIGKILL) }

// SuspendedChildren returns those children of the process that a signal has
// stopped. The kernel is asked for what the process's first thread has started
// (proc_tid_children(5)); where it does not tell, there are none.
func (r *Runner) SuspendedChildren() []Descendant {
	parent := r.Status().PID
	number := strconv.Itoa(parent)
	text, err := os.ReadFile("/proc/" + number + "/task/" + number + "/children")
	if err != nil {
		return nil
	}
	var stopped []Descendant
	for field := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			continue
		}
		if info, err := inspect(pid); err == nil && info.parent == parent && info.isSuspended() {
			stopped = append(stopped, Descendant{info.identity})
		}
	}
	return stopped
}
