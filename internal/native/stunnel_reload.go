package native

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"edgegen/internal/engines"
)

// What stunnel says about a signal to read its file anew.
const (
	stunnelRefuses = "Failed to reload the configuration file"
	// Said, as an error, when the file has fewer listeners than were inherited.
	stunnelUnbound = "Too many listening file descriptors"
)

// Reload has the running stunnel read the files of the generation that was adopted last,
// and waits until its private socket answers with that. The error is a *Refusal if
// stunnel refuses its file and goes on with the old one, and ErrNotTold if stunnel could
// not even be told. Connections that are open are not touched either way. A ctx without a
// deadline gets one.
func (s *Stunnel) Reload(ctx context.Context, signal func(syscall.Signal) error) error {
	ctx, cancel := limited(ctx, reloadTime)
	defer cancel()
	if err := s.prepare(ctx); err != nil {
		return notTold("stunnel", err)
	}
	if err := s.Anchor(ctx); err != nil {
		return notTold("stunnel", err)
	}
	defer s.Release()
	defer s.said.begin()()
	if err := signal(syscall.SIGHUP); err != nil {
		return notTold("stunnel", err)
	}
	var refusal *Refusal
	err := untilServed(ctx, func() error {
		if refusal = s.refusal(); refusal != nil {
			return nil
		}
		return s.Probe(ctx)
	})
	if refusal != nil {
		return refusal
	}
	return err
}

// refusal is nil while stunnel has not refused its file.
func (s *Stunnel) refusal() *Refusal {
	if len(s.said.lines(stunnelRefuses)) == 0 {
		return nil
	}
	return &Refusal{Daemon: "stunnel", Said: stunnelReasons(s.said.lines("LOG3[ui]: ", "LOG2[ui]: "))}
}

// stunnelReasons are the lines that say why, of those in which stunnel refuses a
// file.
func stunnelReasons(lines []string) (reasons []string) {
	for _, line := range lines {
		level, text := Judge("stunnel", line)
		if level >= slog.LevelWarn && text != stunnelRefuses && text != "Configuration failed" {
			reasons = append(reasons, line)
		}
	}
	return reasons
}

// retiredConf is a file with fewer listeners than any stunnel has inherited. It has one
// service, because stunnel takes no file without.
const retiredConf = `foreground = yes
pid =
syslog = no
debug = err
[retired]
client = yes
accept = 127.0.0.1:1
connect = 127.0.0.1:1
`

const (
	// unbindTime bounds how long stunnel may take to let go of its listeners: it
	// reads one small file.
	unbindTime = 5 * time.Second
	// retireTime bounds the wait for its words after that.
	retireTime = time.Second
)

// Retire has the running stunnel take no more connections, for good, while
// those that are open go on. It does not end by itself: Connections tells when
// there are none left. The listeners stay open and are served by whoever else
// holds them.
//
// stunnel has no command for that. When it reads a file it lets go of all its listeners,
// and then takes as many as the file asks for. If these are fewer than it has inherited, it
// complains and reads the file again and again. If the file has gone meanwhile, it gives
// up, and serves none of them. The descriptors it keeps: an address that nobody is to serve
// any more goes on being listened on until the caller shuts its socket down (shutdown(2)),
// which does so for all who hold it.
func (s *Stunnel) Retire(ctx context.Context, signal func(syscall.Signal) error) error {
	if err := s.Anchor(ctx); err != nil {
		return fmt.Errorf("retire stunnel: %w", err)
	}
	defer s.Release()
	s.mu.Lock()
	s.retired = true
	s.mu.Unlock()
	if _, err := os.Lstat(s.retiredConf()); errors.Is(err, os.ErrNotExist) {
		// stunnel reads the file under the name with which it was started. The directory
		// around it has to belong to the daemons, so it is not made here.
		if err := os.Mkdir(s.directory, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("retire stunnel: %w", err)
		}
		if err := s.furnish(); err != nil {
			return fmt.Errorf("retire stunnel: %w", err)
		}
	}
	if err := linkTo(s.retiredConf(), s.conf()); err != nil {
		return fmt.Errorf("retire stunnel: %w", err)
	}
	defer s.said.begin()()
	if err := signal(syscall.SIGHUP); err != nil {
		return err
	}
	if err := s.says(ctx, unbindTime, stunnelUnbound); err != nil {
		return fmt.Errorf("retire stunnel: %w", err)
	}
	if err := os.Remove(s.conf()); err != nil {
		return fmt.Errorf("retire stunnel: %w", err)
	}
	// A stunnel that does not try again says nothing, and that is as good.
	_ = s.says(ctx, retireTime, stunnelRefuses)
	return nil
}

// says waits until stunnel says the text, or has said it since the caller began to listen.
func (s *Stunnel) says(ctx context.Context, limit time.Duration, text string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return until(ctx, func() error {
		if len(s.said.lines(text)) == 0 {
			return fmt.Errorf("stunnel does not say %q", text)
		}
		return nil
	})
}

// ownThreads is how many threads a stunnel of the version has without connections: one
// takes connections, and the others do what is due from time to time, as forgetting
// sessions that are over.
func ownThreads(version string) int {
	switch {
	case engines.OlderThan(version, "5.69"):
		return 2
	case engines.OlderThan(version, "5.73"):
		return 3
	}
	return 4
}

// Connections counts the connections that the process serves, but for those of
// Anchor; it is 0 where there is no such process any more. stunnel serves each in
// a thread.
func (s *Stunnel) Connections(pid int) (int, error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count stunnel's connections: %w", err)
	}
	// In this order a connection that ends meanwhile is counted, so that the count is
	// never too low.
	return max(0, len(threads)-ownThreads(s.daemon.Version)-s.anchorsIn(pid)), nil
}
