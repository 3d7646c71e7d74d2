package native

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"edgegen/internal/supervise"
)

// NginxProcess describes nginx as the web tier. It inherits the sockets by their numbers in
// the variable NGINX, as it does from itself when its binary is upgraded
// (nginx.org/en/docs/control.html). There has to be one for every "listen" of its
// configuration.
func NginxProcess(d Daemon, s Setup, sockets []*os.File) supervise.Process {
	return supervise.Process{
		Name:        "nginx",
		Path:        d.Path,
		Args:        nginxArguments(s),
		Dir:         s.Layout.Run,
		Env:         s.environment(nginxEnvironment(sockets)...),
		ExtraFiles:  sockets,
		Credential:  s.Credential,
		StopSignal:  syscall.SIGQUIT, // workers finish what they have begun
		StopTimeout: s.Edge.Timeout.Drain,
		StopLeader:  true,
		Ready: func(ctx context.Context) error {
			return until(ctx, func() error { return ProbeWeb(ctx, s) })
		},
		Stdout: s.says("nginx"),
		Stderr: s.says("nginx"),
	}
}

// Nginx is nginx as the web tier. Make one with NewNginx. Its methods may be
// called from any goroutine, Reload one at a time.
type Nginx struct {
	// OnWorkerDied is told of a worker that a signal has ended; nil drops the
	// news. Set it before the process is started. It must return soon.
	OnWorkerDied func(*WorkerDied)
	// EndsTLS says that clients' connections are its own: a stop ends WebSockets, and
	// does not wait for them. Set it before the process is started.
	EndsTLS bool

	daemon  Daemon
	sockets []*os.File
	said    hearing
	short   shortage

	mu    sync.Mutex
	setup Setup
}

// NewNginx returns an nginx for the sockets, which stay the caller's. They are inherited
// at the start only. For other sockets, start another Nginx beside this one: both may
// have the same sockets.
func NewNginx(d Daemon, s Setup, sockets []*os.File) *Nginx {
	return &Nginx{daemon: d, setup: s, sockets: sockets}
}

// Adopt makes the next start and the next Reload use another generation.
func (n *Nginx) Adopt(setup Setup) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.setup = setup
}

// Close does nothing: the directory for bodies belongs to all nginx together.
func (n *Nginx) Close() error { return nil }

func (n *Nginx) current() Setup {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.setup
}

// Process describes nginx. It is ready when it serves the generation that was
// adopted last.
func (n *Nginx) Process() supervise.Process {
	p := NginxProcess(n.daemon, n.current(), n.sockets)
	p.Ready = func(ctx context.Context) error {
		return untilServed(ctx, func() error { return n.Probe(ctx) })
	}
	p.Stdout, p.Stderr = n.hear, n.hear
	if n.EndsTLS {
		p.StopSignal = syscall.SIGTERM
	}
	return p
}

func (n *Nginx) hear(line []byte) {
	n.said.line(line)
	n.short.line(line)
	if died := workerDied(string(line)); died != nil && n.OnWorkerDied != nil {
		n.OnWorkerDied(died)
	}
	n.current().Message("nginx", line)
}

// Probe asks once whether the generation that was adopted last is served. The error is
// ErrBusy if nginx has so many clients that it cannot answer.
func (n *Nginx) Probe(ctx context.Context) error {
	return n.short.judge(ProbeWeb(ctx, n.current()))
}

// NginxCheck describes "nginx -t", which ends by itself: with status 0, or after messages
// that LocateNginx reads.
func NginxCheck(d Daemon, s Setup, sockets []*os.File, output func([]byte)) supervise.Process {
	return supervise.Process{
		Name:       "nginx -t",
		Path:       d.Path,
		Args:       append([]string{"-t", "-q"}, nginxArguments(s)...),
		Dir:        s.Layout.Run,
		Env:        s.environment(nginxEnvironment(sockets)...),
		ExtraFiles: sockets,
		Credential: s.Credential,
		Stdout:     output,
		Stderr:     output,
	}
}

func nginxArguments(s Setup) []string {
	return []string{"-p", s.Layout.Run + "/", "-e", "stderr", "-c", s.Layout.Dir + "/nginx.conf"}
}

// nginxEnvironment names the sockets, and has the C library of GNU keep the memory
// that nginx gives back while it reads its configuration: each of its many maps
// takes 3 MiB for a moment, and to get those from the kernel and clear them every
// time is three quarters of what a start, a check or a reload costs.
func nginxEnvironment(sockets []*os.File) []string {
	var list strings.Builder
	for i := range sockets {
		fmt.Fprintf(&list, "%d;", 3+i)
	}
	return []string{"NGINX=" + list.String(), "MALLOC_MMAP_THRESHOLD_=2097152", "MALLOC_TRIM_THRESHOLD_=8388608"}
}
