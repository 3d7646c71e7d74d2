package lifecycle

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/supervise"
	"edgegen/test/edge"
)

// TestStop holds P4 for the three ways to ask for an end, and that a request in
// work is finished first. Who asks is edgegen's matter alone, so one way is
// enough for the daemons.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		engines edge.Combination
		ask     func(t *testing.T, e *running) (wait func())
	}{
		{"SIGTERM", edge.Native, bySignal(syscall.SIGTERM)},
		{"SIGINT", edge.BuiltIn, bySignal(syscall.SIGINT)},
		{"stop", edge.BuiltIn, func(t *testing.T, e *running) func() {
			said := edge.NewTranscript()
			stop := e.Command("stop", "--state-dir", e.State)
			stop.Stderr = said
			if err := stop.Start(); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := stop.Wait(); err != nil {
					t.Errorf("edgegen stop: %v", err)
				}
				if said.Text() != "stopped\n" {
					t.Errorf("edgegen stop says %q", said.Text())
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, c.engines)
			h.site(plan{edge: `timeouts { drain = "30s" }`})
			e := h.run(h.engines)
			answered := slow(e, "/slow?gate="+h.Path("gate"))
			e.Says("asked /slow")

			wait := c.ask(t, e)
			e.Until("it is stopping", edge.Patience, func(s api.Status) bool { return s.State == "stopping" })
			select {
			case <-e.Exited:
				t.Fatal("edgegen ended with a request in work")
			case a := <-answered:
				t.Fatalf("the request was answered too early: %+v", a)
			case <-time.After(200 * time.Millisecond): // long enough to go wrong
			}
			h.Write("gate", "")
			if a := <-answered; a.err != nil || a.status != http.StatusOK {
				t.Errorf("the request in work was not finished: status %d, body %q, %v", a.status, a.body, a.err)
			}
			if code := e.Ends(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			wait()
			h.Settled(0)
			h.clean("gate")
		})
	}
}

func bySignal(s syscall.Signal) func(*testing.T, *running) func() {
	return func(_ *testing.T, e *running) func() {
		e.Signal(s)
		return func() {}
	}
}

// slow asks for a path in the background.
func slow(e *running, path string) <-chan answer {
	client, answered := e.client(), make(chan answer, 1)
	go func() { answered <- fetch(client, path) }()
	return answered
}

// TestStopDrains holds that timeouts.drain bounds the wait.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn"}})
	e := h.run()
	answered := slow(e, "/slow?gate="+h.Path("never"))
	e.Says("asked /slow")
	begun := time.Now()
	e.Stop()
	t.Logf("ended after %v", time.Since(begun).Round(time.Millisecond))
	e.Says("stopping before all requests have ended")
	<-answered
	h.clean()
}

// TestStopAtOnce holds that the second signal does not wait.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{edge: `timeouts { drain = "5m" }`, app: []string{"-stubborn", "-offspring"}})
	e := h.run()
	answered := slow(e, "/slow?gate="+h.Path("never"))
	e.Says("asked /slow")
	e.Signal(syscall.SIGTERM)
	e.Until("it is stopping", edge.Patience, func(s api.Status) bool { return s.State == "stopping" })
	begun := time.Now()
	e.Signal(syscall.SIGTERM)
	e.Ends()
	t.Logf("ended %v after the second signal", time.Since(begun).Round(time.Millisecond))
	<-answered
	h.Settled(0)
	h.clean()
}

// TestStopWhileStarting holds that a stop is none the worse for coming early.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"", "asked"} {
		name := map[string]string{"": "in the first moments", "asked": "while the app comes up"}[words]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, edge.Native)
			h.site(plan{})
			if words != "" {
				h.Write("never.sh", "#!/bin/sh\necho asked\nexec sleep 600\n")
				if err := os.Chmod(h.Path("never.sh"), 0o755); err != nil {
					t.Fatal(err)
				}
				h.Replace(`"-listen"`, `"-never"`)
				h.Replace(app(), h.Path("never.sh"))
			}
			e := h.up()
			if words == "" {
				h.AwaitFile("state/lock")
			} else {
				e.Says(words)
			}
			e.Stop()
			if said := e.Err.Text(); strings.Contains(said, "canceled") || strings.Contains(said, "edgegen: ") {
				t.Errorf("it complains: %s", said)
			}
			h.clean("never.sh")
		})
	}
}

// TestStopSlowReader holds that an answer that is on its way arrives as a whole,
// though the client takes its time and everything behind the TLS tier is done.
func TestStopSlowReader(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{edge: `timeouts { drain = "20s" }`})
	const size = 8 << 20
	if err := os.WriteFile(h.Path("public/big.bin"), make([]byte, size), 0o644); err != nil {
		t.Fatal(err)
	}
	e := h.run()
	client := e.client()
	// With "Connection: close" Varnish would end the connection to stunnel, which
	// then drops what it has not read yet: another matter than the stop.
	client.Transport.(*http.Transport).DisableKeepAlives = false
	defer client.CloseIdleConnections()
	response, err := client.Get("https://edge.test/big.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	e.Signal(syscall.SIGTERM)
	got := 0
	for buffer := make([]byte, 128<<10); ; time.Sleep(10 * time.Millisecond) {
		n, err := response.Body.Read(buffer)
		if got += n; err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("after %d of %d bytes: %v", got, size, err)
		}
	}
	if got != size {
		t.Errorf("%d of %d bytes", got, size)
	}
	if code := e.Ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	h.clean("public/big.bin")
}

// builtin has edgegen serve all tiers itself.
func builtin(c *exec.Cmd) { c.Args = append(c.Args, "--engine", "builtin") }

// TestStopThenUp holds that stop returns when the edge has gone: at once after
// it another edge can have the state directory, and the process has ended.
func TestStopThenUp(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.BuiltIn)
	h.site(plan{})
	for range 5 {
		e := h.run(builtin)
		if stop := h.Verb("stop"); stop.Code != 0 || stop.Out+stop.Err != "stopped\n" {
			t.Fatalf("edgegen stop: %+v", stop)
		}
		if holder, err := supervise.Holder(h.State); err != nil || holder != 0 {
			t.Errorf("process %d has the state directory, %v", holder, err)
		}
		for _, p := range h.Belonging() {
			if p.PID == e.PID() {
				t.Errorf("%v is still there", p)
			}
		}
	}
	h.clean()
}

// TestAskWhileStopping holds that who asks for a reload too late is told so.
func TestAskWhileStopping(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.BuiltIn)
	h.site(plan{edge: `timeouts { drain = "5m" }`})
	e := h.run(builtin)
	answered := slow(e, "/slow?gate="+h.Path("gate"))
	e.Says("asked /slow")
	e.Signal(syscall.SIGTERM)
	e.Until("it is stopping", edge.Patience, func(s api.Status) bool { return s.State == "stopping" })
	for _, verb := range []string{"reload", "plan"} {
		result := h.Verb(verb)
		if want := "edgegen: the edge is stopping\n"; result.Code == 0 || result.Out+result.Err != want {
			t.Errorf("%s: %+v, want %q", verb, result, want)
		}
	}
	h.Write("gate", "")
	<-answered
	if code := e.Ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	h.clean("gate")
}
