package lifecycle

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/control"
)

// TestRestart holds P2: whatever dies is started again and the site serves
// again; meanwhile the edge is degraded, and what the dead one left is ended.
func TestRestart(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	for _, c := range []struct {
		name   string
		victim func(t *testing.T, e *edge, s control.Status) process
		// restarts tells how often what has the victim was started again; nil
		// where a daemon starts its own children again.
		restarts func(t *testing.T, s control.Status) int
		path     string // what is asked for afterwards
	}{
		{"nginx master", ofTier("web"), tierRestarts("web"), "/hello.txt"},
		{"nginx worker", childOf("web"), nil, "/hello.txt"},
		{"varnishd manager", ofTier("cache"), tierRestarts("cache"), "/hello.txt"},
		{"varnishd child", childOf("cache"), nil, "/hello.txt"},
		{"stunnel", ofTier("tls"), tierRestarts("tls"), "/hello.txt"},
		{"app", ofApp, appRestarts, "/app"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.site(plan{})
			e := h.run()
			victim := c.victim(t, e, h.status())
			family := append(childrenOf(t, h.dir, victim.pid, ""), victim)
			if err := syscall.Kill(victim.pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			if c.restarts != nil {
				e.says("died; it is started again")
				h.until("it was started again", func(s control.Status) bool {
					return s.State == "ready" && c.restarts(t, s) == 1
				})
			}
			e.servesAgain(c.path)
			t.Logf("serves again after %v", time.Since(begun).Round(time.Millisecond))
			for _, p := range family {
				if p.alive() {
					t.Errorf("the orphan %v lives on", p)
				}
			}
			e.signal(syscall.SIGTERM)
			if code := e.ends(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			h.clean()
		})
	}
}

// TestRestartLog holds P2 for what writes the access log.
func TestRestartLog(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	h := newHome(t)
	h.site(plan{})
	e := h.run()
	e.get("/hello.txt?before")
	e.logs("/hello.txt?before")
	victims := childrenOf(t, h.dir, e.cmd.Process.Pid, "varnishncsa")
	if len(victims) != 1 {
		t.Fatalf("the log is written by %v", victims)
	}
	if err := syscall.Kill(victims[0].pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	e.says("died; it is started again")
	for deadline := time.Now().Add(patience); !strings.Contains(e.stdout.text(), "?after"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is logged any more")
		}
		e.get("/hello.txt?after")
	}
	e.signal(syscall.SIGTERM)
	e.ends()
	h.clean()
}

// TestDegraded holds that an edge whose app does not come back says so, with
// the files still served.
func TestDegraded(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	h := newHome(t)
	h.write("app.sh", "#!/bin/sh\n[ -e "+h.path("broken")+" ] && exit 7\nexec "+programs.app+" \"$@\"\n")
	if err := os.Chmod(h.path("app.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.site(plan{})
	h.replace(programs.app, h.path("app.sh"))
	e := h.run()
	h.write("broken", "")
	if err := syscall.Kill(h.status().Backends[0].Process.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s := h.until("the edge is degraded and the app is tried again", func(s control.Status) bool {
		return s.State == "degraded" && s.Backends[0].Process.Restarts > 1
	})
	if state := s.Backends[0].Process.State; state != "backoff" && state != "starting" && state != "failed" {
		t.Errorf("the app is %s", state)
	}
	if got := e.get("/hello.txt"); got != "hello\n" {
		t.Errorf("the file is %q", got)
	}
	if err := os.Remove(h.path("broken")); err != nil {
		t.Fatal(err)
	}
	h.until("all is well again", func(s control.Status) bool { return s.State == "ready" })
	e.get("/app")
	e.signal(syscall.SIGTERM)
	e.ends()
	h.clean("app.sh")
}

// servesAgain asks for a path until it is answered as it should be.
func (e *edge) servesAgain(path string) {
	e.t.Helper()
	client := e.client()
	deadline := time.Now().Add(patience)
	for {
		status, _, err := fetch(client, path)
		if err == nil && status == 200 {
			return
		}
		if time.Now().After(deadline) {
			e.t.Fatalf("%s is not served again: %d %v", path, status, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// logs waits for words in the access log.
func (e *edge) logs(words string) {
	e.t.Helper()
	select {
	case <-e.stdout.holds(words):
	case <-time.After(patience):
		e.t.Fatalf("the access log does not say %q", words)
	}
}

func ofTier(role string) func(*testing.T, *edge, control.Status) process {
	return func(t *testing.T, _ *edge, s control.Status) process {
		return mustRead(t, tier(t, s, role).PID)
	}
}

func childOf(role string) func(*testing.T, *edge, control.Status) process {
	return func(t *testing.T, e *edge, s control.Status) process {
		children := childrenOf(t, e.dir, tier(t, s, role).PID, "")
		if len(children) == 0 {
			t.Fatalf("the %s tier has no child", role)
		}
		return children[0]
	}
}

func ofApp(t *testing.T, _ *edge, s control.Status) process {
	return mustRead(t, s.Backends[0].Process.PID)
}

func mustRead(t *testing.T, pid int) process {
	t.Helper()
	p, err := readProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tierRestarts(role string) func(*testing.T, control.Status) int {
	return func(t *testing.T, s control.Status) int { return tier(t, s, role).Restarts }
}

func appRestarts(_ *testing.T, s control.Status) int { return s.Backends[0].Process.Restarts }
