package systemd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// manager is the other end of NOTIFY_SOCKET.
type manager struct{ *net.UnixConn }

func listenAsManager(t *testing.T, name string) manager {
	t.Helper()
	connection, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return manager{connection}
}

// heard returns what has arrived. A datagram is there as soon as it is sent.
func (m manager) heard(t *testing.T) []string {
	t.Helper()
	raw, err := m.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	err = raw.Control(func(fd uintptr) {
		for {
			message := make([]byte, 4096)
			n, _, err := unix.Recvfrom(int(fd), message, unix.MSG_DONTWAIT)
			if err != nil {
				return
			}
			messages = append(messages, string(message[:n]))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

// quiet is a log that nothing may be written to.
func quiet(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(refusing{t}, nil))
}

type refusing struct{ t *testing.T }

func (r refusing) Write(line []byte) (int, error) {
	r.t.Errorf("logged %s", line)
	return len(line), nil
}

func TestMessages(t *testing.T) {
	abstract := fmt.Sprintf("@edgegen-test-%d", os.Getpid())
	for name, socket := range map[string]string{"a path": filepath.Join(t.TempDir(), "notify"), "an abstract name": abstract} {
		t.Run(name, func(t *testing.T) {
			m := listenAsManager(t, socket)
			t.Setenv("NOTIFY_SOCKET", socket)
			n := NewNotifier(quiet(t))
			if value, set := os.LookupEnv("NOTIFY_SOCKET"); set {
				t.Errorf("children inherit NOTIFY_SOCKET=%s", value)
			}
			n.Ready("serving 2 sites")
			n.Reloading()
			n.Status("two\nlines\nREADY=1")
			n.Stopping()
			got := m.heard(t)
			want := []string{`READY=1\nSTATUS=serving 2 sites`, `RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*`, `STATUS=two lines READY=1`, `STOPPING=1`}
			if len(got) != len(want) {
				t.Fatalf("heard %q", got)
			}
			for i := range want {
				if !regexp.MustCompile("^" + want[i] + "$").MatchString(got[i]) {
					t.Errorf("heard %q, want %q", got[i], want[i])
				}
			}
		})
	}
}

func TestNobodyToTell(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "1000")
	t.Setenv("WATCHDOG_PID", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, n := range map[string]*Notifier{"no manager": NewNotifier(quiet(t)), "the zero value": {}} {
		t.Run(name, func(t *testing.T) {
			n.Ready("x")
			n.Reloading()
			n.Stopping()
			n.Status("x")
			err := n.Watchdog(ctx, func(context.Context) error {
				t.Error("asked how it is, for nobody")
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDeafManager(t *testing.T) {
	var logged bytes.Buffer
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	n := NewNotifier(slog.New(slog.NewTextHandler(&logged, nil)))
	n.Ready("x")
	if !strings.Contains(logged.String(), "READY=1") || !strings.Contains(logged.String(), "no such file") {
		t.Errorf("logged %s", logged.String())
	}
}

func TestWatchdog(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	m := listenAsManager(t, socket)
	var logged bytes.Buffer
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "10000000")
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	n := NewNotifier(slog.New(slog.NewTextHandler(&logged, nil)))
	for _, name := range []string{"WATCHDOG_USEC", "WATCHDOG_PID"} {
		if value, set := os.LookupEnv(name); set {
			t.Errorf("children inherit %s=%s", name, value)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var healthy atomic.Value
		well := func(context.Context) error { return nil }
		healthy.Store(well)
		ended := make(chan error, 1)
		go func() {
			ended <- n.Watchdog(ctx, func(ctx context.Context) error {
				return healthy.Load().(func(context.Context) error)(ctx)
			})
		}()
		// after waits and holds how many signs of life there were meanwhile.
		after := func(wait time.Duration, want int) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			if got := m.heard(t); len(got) != want || want > 0 && got[0] != "WATCHDOG=1" {
				t.Errorf("heard %q, want %d signs of life", got, want)
			}
		}
		after(0, 1)
		after(4999*time.Millisecond, 0)
		after(time.Millisecond, 1)
		after(20*time.Second, 4)

		healthy.Store(func(context.Context) error { return errors.New("the web tier does not answer") })
		after(10*time.Second, 0)
		healthy.Store(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		after(5*time.Second, 0) // asked, and no answer yet
		healthy.Store(well)
		after(10*time.Second, 2)

		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		after(time.Minute, 0)
	})
	if !strings.Contains(logged.String(), "the web tier does not answer") || !strings.Contains(logged.String(), "deadline exceeded") {
		t.Errorf("logged %s", logged.String())
	}
}

func TestWatchdogOfTheEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		usec, pid string
		interval  time.Duration
		failed    bool
	}{
		"none":             {"", "", 0, false},
		"of this process":  {"3000000", fmt.Sprint(os.Getpid()), 3 * time.Second, false},
		"of whoever reads": {"3000000", "", 3 * time.Second, false},
		"of another":       {"3000000", "1", 0, false},
		"no number":        {"soon", "", 0, true},
		"nothing":          {"0", "", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NOTIFY_SOCKET", "@nobody")
			t.Setenv("WATCHDOG_USEC", c.usec)
			t.Setenv("WATCHDOG_PID", c.pid)
			n := NewNotifier(quiet(t))
			if n.watchdog != c.interval {
				t.Errorf("every %s, want %s", n.watchdog, c.interval)
			}
			if c.interval > 0 {
				return
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := n.Watchdog(ctx, nil); (err != nil) != c.failed {
				t.Error(err)
			}
		})
	}
}
