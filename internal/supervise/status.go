package supervise

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// ErrNotRunning says that there is no process to act upon.
var ErrNotRunning = errors.New("not running")

// Status is a snapshot of a process.
type Status struct {
	Name     string
	State    State
	PID      int       // 0 while there is no process
	Restarts int       // starts after the first one
	Failures int       // failures in a row; 0 again once it was stable
	Since    time.Time // when State was entered; zero before Run
	LastExit *Exit     // how the last process ended; nil before the first end
	Reason   error     // why the last start or run failed; nil while all is well
	Failed   *Failure  // the last failure, also when all is well again; nil before the first
}

// Failure is a start or a run that failed.
type Failure struct {
	At  time.Time
	Why error
}

// Exit tells how a process ended.
type Exit struct {
	At     time.Time
	Ran    time.Duration
	Code   int            // exit status; -1 where a signal ended it
	Signal syscall.Signal // 0 where it exited by itself
	Output []string       // its last lines on stderr, or on stdout where stderr was silent

	// Escaped counts the processes that it left in the background and that were
	// ended: outside its process group, and in it too where it went with status
	// 0 though nobody had asked it to end.
	Escaped int

	// Ignored is the signal that asked it to end and that it did not heed in
	// time, so that SIGKILL ended it; 0 where that was not so.
	Ignored syscall.Signal
}

// String is what stands in a log: the status or signal, how long it ran, what
// it said last.
func (e Exit) String() string {
	var text strings.Builder
	if e.Signal != 0 {
		fmt.Fprintf(&text, "was killed by %s (signal %d)", signalName(e.Signal), int(e.Signal))
	} else {
		fmt.Fprintf(&text, "exited with status %d", e.Code)
	}
	fmt.Fprintf(&text, " after %s", e.Ran.Round(time.Millisecond))
	if e.Ignored != 0 {
		fmt.Fprintf(&text, ", as it did not end when %s asked it to", signalName(e.Ignored))
	}
	if e.Escaped > 0 {
		fmt.Fprintf(&text, ", leaving %d in the background, ended now: it must stay in the foreground", e.Escaped)
	}
	if len(e.Output) > 0 {
		fmt.Fprintf(&text, ": %s", strings.Join(e.Output, "; "))
	}
	return text.String()
}

// ExitError says that a process ended which should have stayed.
type ExitError struct {
	Name  string
	Exit  Exit
	Ready bool // whether it had been ready
}

func (e *ExitError) Error() string {
	if e.Ready {
		return fmt.Sprintf("%s %s", e.Name, e.Exit)
	}
	return fmt.Sprintf("%s did not get ready: it %s", e.Name, e.Exit)
}

func signalName(signal syscall.Signal) string {
	names := map[syscall.Signal]string{
		syscall.SIGABRT: "SIGABRT", syscall.SIGBUS: "SIGBUS", syscall.SIGHUP: "SIGHUP",
		syscall.SIGILL: "SIGILL", syscall.SIGINT: "SIGINT", syscall.SIGKILL: "SIGKILL",
		syscall.SIGPIPE: "SIGPIPE", syscall.SIGQUIT: "SIGQUIT", syscall.SIGSEGV: "SIGSEGV",
		syscall.SIGTERM: "SIGTERM", syscall.SIGUSR1: "SIGUSR1", syscall.SIGUSR2: "SIGUSR2",
	}
	if name, known := names[signal]; known {
		return name
	}
	return signal.String()
}
