package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Process describes what to run. Name and Path are required; the zero value
// of every other field is usable. The functions are called from goroutines of
// the Runner, never two calls of one function at once within a start.
type Process struct {
	Name string   // stands in logs and errors; the same for the process's whole life
	Path string   // the program; without a slash it is looked for in PATH, Env's where it has one
	Args []string // what follows the program's name
	Dir  string   // working directory; "" is the caller's
	Env  []string // NAME=value; nil is the caller's environment

	// ExtraFiles are seen by the child from descriptor 3 up. Their blocking
	// mode is left as it is. The caller keeps them, and keeps them open as long
	// as the process may be started.
	ExtraFiles []*os.File

	// Credential is whom the process runs as; nil is the caller's user.
	Credential *Credential

	StopSignal  syscall.Signal // the polite request to end; 0 is SIGTERM
	StopTimeout time.Duration  // from StopSignal to SIGKILL; 0 is 10 s

	// StopLeader sends StopSignal to the process alone and leaves it to tell
	// its children, as nginx's master wants it. Otherwise the whole process
	// group gets it. SIGKILL always goes to the group.
	StopLeader bool

	// Prepare is called before every start, for instance to remove a stale
	// socket. An error counts as a failed start. Nil does nothing.
	Prepare func(context.Context) error

	// Ready returns nil once the process answers. While it returns an error it
	// is asked again; it may also block. Its context ends when the process
	// dies, when it is to be stopped, or after StartTimeout, and Ready must
	// return then. Nil means that a started process is ready.
	Ready        func(context.Context) error
	StartTimeout time.Duration // how long to wait for Ready; 0 is 30 s

	// Stdout and Stderr take the process's output line by line, without the
	// newline; a line longer than 64 KiB comes in pieces. The slice is valid
	// during the call only. While a sink does not return, the process's
	// writing is held up; two seconds after the process has ended that call is
	// left behind, and the rest of the output is dropped. Nil drops the output.
	Stdout, Stderr func(line []byte)

	// OnChange is told every change of state, in order, by the goroutine of
	// Run; it must return soon and must not wait for the Runner.
	OnChange func(Status)
}

// Credential is a user, its group and its supplementary groups, by number.
type Credential struct {
	UID, GID uint32
	Groups   []uint32
}

const (
	defaultStopTimeout  = 10 * time.Second
	defaultStartTimeout = 30 * time.Second
)

// completed returns p with its defaults, or an error where p cannot be run.
func (p Process) completed() (Process, error) {
	switch {
	case p.Name == "":
		return p, errors.New("process without a name")
	case p.Path == "":
		return p, fmt.Errorf("process %s names no program", p.Name)
	case strings.ContainsRune(p.Name+p.Path+p.Dir+strings.Join(p.Args, "")+strings.Join(p.Env, ""), 0):
		return p, fmt.Errorf("process %s is described with a NUL byte", p.Name)
	}
	if p.StopSignal == 0 {
		p.StopSignal = syscall.SIGTERM
	}
	if p.StopTimeout == 0 {
		p.StopTimeout = defaultStopTimeout
	}
	if p.StartTimeout == 0 {
		p.StartTimeout = defaultStartTimeout
	}
	return p, nil
}

// environment returns the process's variables with the marker as the only one
// of its name.
func (p Process) environment(marker string) []string {
	base := p.Env
	if base == nil {
		base = os.Environ()
	}
	env := withoutMarker(base)
	if marker != "" {
		env = append(env, markerName+"="+marker)
	}
	return env
}

func withoutMarker(environ []string) []string {
	kept := make([]string, 0, len(environ)+1)
	for _, variable := range environ {
		if !strings.HasPrefix(variable, markerName+"=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// attributes says how the kernel is to start the process. Go sets the death
// signal after the credential, so changing the user does not clear it.
func (p Process) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if c := p.Credential; c != nil && !c.isCurrent() {
		attributes.Credential = &syscall.Credential{Uid: c.UID, Gid: c.GID, Groups: c.Groups}
	}
	return attributes
}

// isCurrent says whether an ordinary user asks for itself, which needs no
// right and so must not be tried.
func (c *Credential) isCurrent() bool {
	return os.Geteuid() != 0 && int(c.UID) == os.Geteuid() && int(c.GID) == os.Getegid()
}
