package native

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"edgegen/internal/render"
)

// A daemon that takes a connection and closes it is busy; one that takes none
// hangs, unless it has just said that it may not.
func TestBusyProbe(t *testing.T) {
	serve := func(answer string) func(net.Listener) {
		return func(l net.Listener) {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				if answer != "" {
					_, _ = c.Read(make([]byte, 4096)) // the probe may be gone
					_, _ = c.Write([]byte(answer))
				}
				_ = c.Close()
			}
		}
	}
	silent := func(net.Listener) {}
	const noFiles = "2026/11/23 05:00:00 [crit] 12#12: accept4() failed (24: Too many open files)"
	for name, c := range map[string]struct {
		serve func(net.Listener)
		said  string
		busy  bool
	}{
		"closes":                        {serve(""), "", true},
		"takes none":                    {silent, "", false},
		"takes none for want of files":  {silent, noFiles, true},
		"takes none and complains":      {silent, "2026/11/23 05:00:00 [crit] 12#12: something else", false},
		"answers wrongly without files": {serve("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"), noFiles, false},
	} {
		for _, daemon := range []string{"nginx", "stunnel"} {
			t.Run(daemon+" "+name, func(t *testing.T) {
				setup := testSetup()
				setup.Layout = render.Layout{Run: t.TempDir()}
				nginx := NewNginx(Daemon{}, setup, nil)
				stunnel := &Stunnel{directory: setup.Layout.Run, setup: setup}
				socket, probe, hear := setup.Layout.WebProbe(), nginx.Probe, nginx.hear
				if daemon == "stunnel" {
					socket, probe, hear = filepath.Join(setup.Layout.Run, "ask"), stunnel.Probe, stunnel.hear
				}
				listener, err := net.Listen("unix", socket)
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan struct{})
				defer func() { _ = listener.Close(); <-done }()
				go func() { defer close(done); c.serve(listener) }()
				if c.said != "" {
					hear([]byte(c.said))
				}
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				if err := probe(ctx); err == nil || errors.Is(err, ErrBusy) != c.busy {
					t.Error(err)
				}
			})
		}
	}
}

// R5: a daemon that is busy at every question need not answer one; one that
// answers otherwise in between has to.
func TestR5UntilServed(t *testing.T) {
	for name, c := range map[string]struct {
		answers func(int) error
		served  bool
		took    time.Duration
	}{
		"well":    {func(int) error { return nil }, true, 0},
		"busy":    {func(int) error { return ErrBusy }, true, busyTime},
		"refused": {func(int) error { return syscall.ECONNREFUSED }, false, time.Minute},
		"refused in between": {func(n int) error {
			if n%100 == 99 {
				return syscall.ECONNREFUSED
			}
			return ErrBusy
		}, false, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				asked, start := -1, time.Now()
				err := untilServed(ctx, func() error { asked++; return c.answers(asked) })
				if took := time.Since(start); (err == nil) != c.served || took != c.took {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
}
