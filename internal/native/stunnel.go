package native

import (
	"context"
	"fmt"
	"os"
	"time"

	"edgegen/internal/supervise"
)

// StunnelProcess describes stunnel as the TLS tier. It takes the listeners, in
// the order of its "accept" lines, by socket activation (sd_listen_fds(3)):
// LISTEN_PID has to be its own number, which only the process that becomes
// stunnel can write down, so a shell execs it.
func StunnelProcess(d Daemon, s Setup, listeners []*os.File, ready func(context.Context) error) supervise.Process {
	return supervise.Process{
		Name:       "stunnel",
		Path:       "/bin/sh",
		Args:       []string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, d.Path, s.Layout.Dir + "/stunnel.conf"},
		Dir:        s.Layout.Run,
		Env:        environment(fmt.Sprintf("LISTEN_FDS=%d", len(listeners))),
		ExtraFiles: listeners,
		Credential: s.Credential,
		// stunnel knows no slow end: who stops it waits for requests before.
		StopTimeout: 5 * time.Second,
		Ready:       ready,
		Stdout:      s.says("stunnel"),
		Stderr:      s.says("stunnel"),
	}
}
