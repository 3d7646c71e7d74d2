package lifecycle

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// TestRestart holds P2: whatever dies is started again and the site serves
// again; meanwhile the edge is degraded, and what the dead one left is ended.
func TestRestart(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	e := h.run()
	for _, c := range []struct {
		name   string
		victim func(h *home, s api.Status) edge.Process
		// restarts tells how often what has the victim was started again; nil
		// where a daemon starts its own children again.
		restarts func(t *testing.T, s api.Status) int
		path     string // what is asked for afterwards
	}{
		{"nginx worker", childOf("web"), nil, "/hello.txt"},
		{"nginx master", ofTier("web"), tierRestarts("web"), "/hello.txt"},
		{"varnishd manager", ofTier("cache"), tierRestarts("cache"), "/hello.txt"},
		{"varnishd child", childOf("cache"), nil, "/hello.txt"},
		{"stunnel", ofTier("tls"), tierRestarts("tls"), "/hello.txt"},
		{"app", ofApp, appRestarts, "/app"},
	} {
		victim := c.victim(h, e.Status())
		family := append(h.children(victim.PID, ""), victim)
		told := strings.Count(e.Err.Text(), startedAgain)
		if err := victim.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if c.restarts != nil {
			edge.Await(t, "it is told that the "+c.name+" is started again", edge.Patience, e.Err.Text,
				func(said string) bool { return strings.Count(said, startedAgain) > told })
			e.Until("the "+c.name+" was started again", edge.Patience, func(s api.Status) bool {
				return s.State == "ready" && c.restarts(t, s) == 1
			})
		}
		e.servesAgain(c.path)
		t.Logf("%s: serves again after %v", c.name, time.Since(begun).Round(time.Millisecond))
		for _, p := range family {
			edge.Await(t, fmt.Sprintf("%s: the orphan %v has ended", c.name, p), edge.Patience, p.Alive, func(lives bool) bool { return !lives })
		}
	}
	e.Stop()
	h.clean()
}

// startedAgain is told of everything that dies.
const startedAgain = "died; starting it again"

// TestRestartLog holds F5 where varnishd dies: what it has answered before is in the
// access log, and so is what it answers from its next start on.
func TestRestartLog(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	e := h.run()
	for _, victim := range []struct {
		name string
		of   func(*home, api.Status) edge.Process
	}{{"child", childOf("cache")}, {"manager", ofTier("cache")}} {
		client := e.client()
		for _, path := range []string{"/hello.txt?before-" + victim.name, "/hello.txt?next"} { // of one connection: the second follows when the first has ended
			if got := fetch(client, path); got.err != nil || got.status != http.StatusOK {
				t.Fatalf("%s: %+v", path, got)
			}
		}
		told := strings.Count(e.Err.Text(), startedAgain)
		if err := victim.of(h, e.Status()).Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		e.logs("/hello.txt?before-" + victim.name)
		edge.Await(t, "varnishd is started again", edge.Patience, e.Err.Text,
			func(said string) bool { return strings.Count(said, startedAgain) > told })
		e.Until("varnishd serves again", edge.Patience, func(s api.Status) bool { return s.State == "ready" })
		e.get("/hello.txt?after-" + victim.name)
		e.logs("/hello.txt?after-" + victim.name)
	}
	e.Stop()
	h.clean()
}

// TestDegraded holds that an edge whose app does not come back says so, with
// the files still served.
func TestDegraded(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.Write("app.sh", "#!/bin/sh\n[ -e "+h.Path("broken")+" ] && exit 7\nexec "+app()+" \"$@\"\n")
	if err := os.Chmod(h.Path("app.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.site(plan{})
	h.Replace(app(), h.Path("app.sh"))
	e := h.run()
	h.Write("broken", "")
	if err := syscall.Kill(h.status().Backends[0].Process.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s := e.Until("the edge is degraded and the app is tried again", edge.Patience, func(s api.Status) bool {
		return s.State == "degraded" && s.Backends[0].Process.Restarts > 1
	})
	if state := s.Backends[0].Process.State; state != "backoff" && state != "starting" && state != "failed" {
		t.Errorf("the app is %s", state)
	}
	if got := e.get("/hello.txt"); got != "hello\n" {
		t.Errorf("the file is %q", got)
	}
	if err := os.Remove(h.Path("broken")); err != nil {
		t.Fatal(err)
	}
	e.Until("all is well again", edge.Patience, func(s api.Status) bool { return s.State == "ready" })
	e.get("/app")
	e.Stop()
	h.clean("app.sh")
}

// servesAgain asks for a path until it is answered as it should be.
func (e *running) servesAgain(path string) {
	e.home.t.Helper()
	client := e.client()
	edge.Await(e.home.t, path+" is served again", edge.Patience, func() answer { return fetch(client, path) },
		func(a answer) bool { return a.err == nil && a.status == http.StatusOK })
}

// logs waits for words in the access log.
func (e *running) logs(words string) {
	e.home.t.Helper()
	select {
	case <-e.Out.Holds(words):
	case <-time.After(edge.Patience):
		e.home.t.Fatalf("the access log does not say %q", words)
	}
}

func ofTier(role string) func(*home, api.Status) edge.Process {
	return func(h *home, s api.Status) edge.Process { return h.process(tier(h.t, s, role).PID) }
}

func childOf(role string) func(*home, api.Status) edge.Process {
	return func(h *home, s api.Status) edge.Process {
		children := h.children(tier(h.t, s, role).PID, "")
		if len(children) == 0 {
			h.t.Fatalf("the %s tier has no child", role)
		}
		return children[0]
	}
}

func ofApp(h *home, s api.Status) edge.Process { return h.process(s.Backends[0].Process.PID) }

func tierRestarts(role string) func(*testing.T, api.Status) int {
	return func(t *testing.T, s api.Status) int { return tier(t, s, role).Restarts }
}

func appRestarts(_ *testing.T, s api.Status) int { return s.Backends[0].Process.Restarts }
