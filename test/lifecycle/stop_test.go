package lifecycle

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/control"
	"edgegen/internal/supervise"
)

// TestStop holds P4 for the three ways to ask for an end, and that a request in
// work is finished first.
func TestStop(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	for _, c := range []struct {
		name string
		ask  func(t *testing.T, e *edge) (wait func())
	}{
		{"SIGTERM", bySignal(syscall.SIGTERM)},
		{"SIGINT", bySignal(syscall.SIGINT)},
		{"stop", func(t *testing.T, e *edge) func() {
			stop := e.command("stop", "--state-dir", e.state)
			stop.Stderr = newTranscript()
			if err := stop.Start(); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := stop.Wait(); err != nil {
					t.Errorf("edgegen stop: %v", err)
				}
				if said := stop.Stderr.(*transcript).text(); said != "stopped\n" {
					t.Errorf("edgegen stop says %q", said)
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.site(plan{edge: `timeouts { drain = "30s" }`})
			e := h.run()
			answered := slow(e, "/slow?gate="+h.path("gate"))
			e.says("asked /slow")

			wait := c.ask(t, e)
			h.until("it is stopping", func(s control.Status) bool { return s.State == "stopping" })
			select {
			case <-e.exited:
				t.Fatal("edgegen ended with a request in work")
			case a := <-answered:
				t.Fatalf("the request was answered too early: %+v", a)
			case <-time.After(200 * time.Millisecond): // long enough to go wrong
			}
			h.write("gate", "")
			if a := <-answered; a.err != nil || a.status != http.StatusOK {
				t.Errorf("the request in work was not finished: %+v", a)
			}
			if code := e.ends(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			wait()
			if left := belonging(t, h.dir); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
			h.clean("gate")
		})
	}
}

func bySignal(s syscall.Signal) func(*testing.T, *edge) func() {
	return func(_ *testing.T, e *edge) func() {
		e.signal(s)
		return func() {}
	}
}

type answer struct {
	status int
	body   string
	err    error
}

// slow asks for a path in the background.
func slow(e *edge, path string) <-chan answer {
	client, answered := e.client(), make(chan answer, 1)
	go func() {
		var a answer
		a.status, a.body, a.err = fetch(client, path)
		answered <- a
	}()
	return answered
}

// TestStopDrains holds that timeouts.drain bounds the wait.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	h := newHome(t)
	h.site(plan{edge: `timeouts { drain = "1s" }`, app: []string{"-stubborn"}})
	e := h.run()
	answered := slow(e, "/slow?gate="+h.path("never"))
	e.says("asked /slow")
	begun := time.Now()
	e.signal(syscall.SIGTERM)
	if code := e.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("ended after %v", time.Since(begun).Round(time.Millisecond))
	e.says("stopping with requests in work")
	<-answered
	h.clean()
}

// TestStopAtOnce holds that the second signal does not wait.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	h := newHome(t)
	h.site(plan{edge: `timeouts { drain = "5m" }`, app: []string{"-stubborn", "-offspring"}})
	e := h.run()
	answered := slow(e, "/slow?gate="+h.path("never"))
	e.says("asked /slow")
	e.signal(syscall.SIGTERM)
	h.until("it is stopping", func(s control.Status) bool { return s.State == "stopping" })
	begun := time.Now()
	e.signal(syscall.SIGTERM)
	e.ends()
	t.Logf("ended %v after the second signal", time.Since(begun).Round(time.Millisecond))
	<-answered
	if left := belonging(t, h.dir); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	h.clean()
}

// TestStopWhileStarting holds that a stop is none the worse for coming early.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	needDaemons(t)
	for _, words := range []string{"", "asked"} {
		name := map[string]string{"": "in the first moments", "asked": "while the app comes up"}[words]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.site(plan{})
			if words != "" {
				h.write("never.sh", "#!/bin/sh\necho asked\nexec sleep 600\n")
				if err := os.Chmod(h.path("never.sh"), 0o755); err != nil {
					t.Fatal(err)
				}
				h.replace(`"-listen"`, `"-never"`)
				h.replace(programs.app, h.path("never.sh"))
			}
			e := h.up()
			if words == "" {
				h.awaitFile("state/lock")
			} else {
				e.says(words)
			}
			e.signal(syscall.SIGTERM)
			if code := e.ends(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if said := e.stderr.text(); strings.Contains(said, "canceled") || strings.Contains(said, "edgegen: ") {
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
	needDaemons(t)
	h := newHome(t)
	h.site(plan{edge: `timeouts { drain = "20s" }`})
	const size = 8 << 20
	if err := os.WriteFile(h.path("public/big.bin"), make([]byte, size), 0o644); err != nil {
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
	e.signal(syscall.SIGTERM)
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
	if code := e.ends(); code != 0 {
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
	h := newHome(t)
	h.site(plan{})
	for range 5 {
		e := h.run(builtin)
		if said, err := h.command("stop", "--state-dir", h.state).CombinedOutput(); err != nil || string(said) != "stopped\n" {
			t.Fatalf("edgegen stop: %v, %q", err, said)
		}
		if holder, err := supervise.Holder(h.state); err != nil || holder != 0 {
			t.Errorf("process %d has the state directory, %v", holder, err)
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", e.cmd.Process.Pid))
		if err == nil && !strings.Contains(string(stat), ") Z ") && !strings.Contains(string(stat), ") X ") {
			t.Errorf("process %d is still there: %s", e.cmd.Process.Pid, stat)
		}
	}
	h.clean()
}

// TestAskWhileStopping holds that who asks for a reload too late is told so.
func TestAskWhileStopping(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.site(plan{edge: `timeouts { drain = "5m" }`})
	e := h.run(builtin)
	answered := slow(e, "/slow?gate="+h.path("gate"))
	e.says("asked /slow")
	e.signal(syscall.SIGTERM)
	h.until("it is stopping", func(s control.Status) bool { return s.State == "stopping" })
	for _, verb := range []string{"reload", "plan"} {
		said, err := h.command(verb, "--state-dir", h.state).CombinedOutput()
		if want := "edgegen: the edge is stopping\n"; err == nil || string(said) != want {
			t.Errorf("%s says %q (%v), want %q", verb, said, err, want)
		}
	}
	h.write("gate", "")
	<-answered
	if code := e.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	h.clean("gate")
}
