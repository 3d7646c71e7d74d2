package native

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

	"edgegen/internal/supervise"
)

// NginxProcess describes nginx as the web tier. It inherits the sockets, in
// which every "listen" of its configuration has to be found, as it inherits
// them from itself when its binary is upgraded: by number in the variable
// NGINX (nginx.org/en/docs/control.html).
func NginxProcess(d Daemon, s Setup, sockets []*os.File) supervise.Process {
	return supervise.Process{
		Name:        "nginx",
		Path:        d.Path,
		Args:        nginxArguments(s),
		Dir:         s.Layout.Run,
		Env:         environment(nginxSockets(sockets)),
		ExtraFiles:  sockets,
		Credential:  s.Credential,
		StopSignal:  syscall.SIGQUIT, // workers finish what they have begun
		StopTimeout: s.Edge.Timeout.Drain,
		StopLeader:  true,
		Ready: func(ctx context.Context) error {
			return probeNginx(ctx, s.Layout.WebProbe(), s.Generation.Web)
		},
		Stdout: s.says("nginx"),
		Stderr: s.says("nginx"),
	}
}

// NginxCheck describes "nginx -t", which ends by itself: with status 0, or
// with messages that LocateNginx reads.
func NginxCheck(d Daemon, s Setup, sockets []*os.File, output func([]byte)) supervise.Process {
	return supervise.Process{
		Name:       "nginx -t",
		Path:       d.Path,
		Args:       append([]string{"-t", "-q"}, nginxArguments(s)...),
		Dir:        s.Layout.Run,
		Env:        environment(nginxSockets(sockets)),
		ExtraFiles: sockets,
		Credential: s.Credential,
		Stdout:     output,
		Stderr:     output,
	}
}

func nginxArguments(s Setup) []string {
	return []string{"-p", s.Layout.Run + "/", "-e", "stderr", "-c", s.Layout.Dir + "/nginx.conf"}
}

func nginxSockets(sockets []*os.File) string {
	var list strings.Builder
	for i := range sockets {
		fmt.Fprintf(&list, "%d;", 3+i)
	}
	return "NGINX=" + list.String()
}
