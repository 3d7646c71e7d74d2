// Package systemd speaks with the service manager that started this process:
// it takes the sockets that were opened for it, and tells how it is doing.
// Without a service manager all of it does nothing.
package systemd

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Notifier tells the service manager how this process is doing (sd_notify). The
// zero value, and one without a service manager, tells nobody. A message that
// cannot be delivered is logged: it is no reason to stop. Its methods may be
// called at the same time.
type Notifier struct {
	socket string // "" for none; one that begins with @ is abstract
	log    *slog.Logger
	// Between two signs of life the manager waits this long; 0 means that it
	// waits for none.
	watchdog    time.Duration
	watchdogErr error
}

// NewNotifier takes what the manager asks for out of the environment
// (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID), so that no child speaks for
// this process. Call it before anything is started.
func NewNotifier(log *slog.Logger) *Notifier {
	n := &Notifier{socket: os.Getenv("NOTIFY_SOCKET"), log: log}
	n.watchdog, n.watchdogErr = daemon.SdWatchdogEnabled(true)
	_ = os.Unsetenv("NOTIFY_SOCKET") // fails for names that hold "=" only
	return n
}

// Ready says that the start, or a reload, is over, with a line for people.
func (n *Notifier) Ready(status string) {
	n.send(daemon.SdNotifyReady, "STATUS="+oneLine(status))
}

// Reloading says that a reload begins. Ready must follow, also where the
// reload is refused.
func (n *Notifier) Reloading() {
	// With the time, as Type=notify-reload wants it (systemd 253).
	n.send(daemon.SdNotifyReloading, strings.TrimSpace(daemon.SdNotifyMonotonicUsec()))
}

// Stopping says that the stop begins.
func (n *Notifier) Stopping() { n.send(daemon.SdNotifyStopping) }

// Status shows a line to people in `systemctl status`.
func (n *Notifier) Status(text string) { n.send("STATUS=" + oneLine(text)) }

// Watchdog gives a sign of life at once and then twice in each WatchdogSec=, as
// long as healthy returns nil within that half, until the context ends. Where
// healthy fails, the manager hears nothing and ends the service in the end; what
// is wrong is logged. Without a WatchdogSec= it waits for the context's end.
//
// The error says that the manager's wish cannot be read.
func (n *Notifier) Watchdog(ctx context.Context, healthy func(context.Context) error) error {
	if n.watchdogErr != nil {
		return fmt.Errorf("read the service manager's watchdog: %w", n.watchdogErr)
	}
	if n.socket == "" || n.watchdog == 0 {
		<-ctx.Done()
		return nil
	}
	turn := time.NewTicker(n.watchdog / 2)
	defer turn.Stop()
	for {
		err := within(ctx, n.watchdog/2, healthy)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			n.log.Warn("no keep-alive sent to the service manager", "error", err)
		default:
			n.send(daemon.SdNotifyWatchdog)
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func within(ctx context.Context, limit time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return ask(ctx)
}

// send delivers one message of several assignments. The library's own function
// would need NOTIFY_SOCKET to stay in the environment.
func (n *Notifier) send(assignments ...string) {
	if n.socket == "" {
		return
	}
	if err := deliver(n.socket, strings.Join(assignments, "\n")); err != nil {
		n.log.Warn("cannot notify the service manager", "message", assignments[0], "error", err)
	}
}

func deliver(socket, message string) error {
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer connection.Close()
	// A manager that does not read must not hold up the edge.
	if err := connection.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err = connection.Write([]byte(message))
	return err
}

// oneLine keeps a text from being taken for further assignments.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
