package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// errAnswered ends a check that has succeeded.
var errAnswered = errors.New("stunnel answers")

// CheckStunnel starts a stunnel on private sockets, for it has no other way to look at
// its file, and ends it as soon as it answers. The files are those in Layout.Dir,
// rendered for that directory with Input.Standby; out is that rendering. The error is a
// *Refusal if stunnel refuses them; said then holds its words for LocateStunnel.
func CheckStunnel(ctx context.Context, d Daemon, s Setup, out *render.Output, instance *supervise.Instance) (said string, err error) {
	s.Generation = out.Of(site.Stunnel).Generation
	s.Message = func(string, []byte) {} // whoever asked is told
	// Nobody connects to the listeners; they only have to be as many.
	count := len(out.Of(site.Stunnel).Options()["accept"]) - 1
	directory, err := os.MkdirTemp(s.Layout.Run, "try")
	if err != nil {
		return "", fmt.Errorf("make a directory for the check of stunnel.conf: %w", err)
	}
	defer os.RemoveAll(directory)
	var listeners []*os.File
	defer func() {
		for _, file := range listeners {
			_ = file.Close() // nothing is written to a listener
		}
	}()
	for i := range count {
		file, err := listenUnix(filepath.Join(directory, fmt.Sprint(i)))
		if err != nil {
			return "", fmt.Errorf("open a socket for the check of stunnel.conf: %w", err)
		}
		listeners = append(listeners, file)
	}
	stunnel, err := NewStunnel(d, s, listeners)
	if err != nil {
		return "", err
	}
	defer stunnel.Close()
	return stunnel.try(ctx, instance)
}

// try runs stunnel until it answers or ends.
func (s *Stunnel) try(ctx context.Context, instance *supervise.Instance) (said string, err error) {
	process := s.Process()
	process.Name = "stunnel (check)"
	process.StopSignal = syscall.SIGKILL // it serves nobody
	if err := s.prepare(ctx); err != nil {
		return "", err
	}
	defer s.said.begin()()
	running, stop := context.WithCancelCause(ctx)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if process.Ready(running) == nil {
			stop(errAnswered)
		}
	}()
	exit, err := supervise.Once(running, process, instance)
	stop(nil)
	<-asked
	switch {
	case errors.Is(err, errAnswered):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("check stunnel.conf: %w", err)
	}
	refusal := &Refusal{Daemon: "stunnel", Said: stunnelReasons(s.said.lines("[!] ", "LOG3[ui]: ", "LOG2[ui]: "))}
	if len(refusal.Said) == 0 {
		return "", fmt.Errorf("check stunnel.conf: stunnel ends with %+v", exit)
	}
	return strings.Join(refusal.Said, "\n"), refusal
}
