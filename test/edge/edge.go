package edge

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"edgegen/internal/api"
)

// Edge is a running `edgegen up`.
type Edge struct {
	*Home
	Out, Err *Transcript   // what it prints, unless an option has it printed elsewhere
	Exited   chan struct{} // closed once it has ended
	cmd      *exec.Cmd
	client   *api.Client
	failure  error // how it ended; written before Exited is closed
}

// Up starts the home's site with the home's engines and does not wait for it.
func (h *Home) Up(arguments ...string) *Edge {
	h.t.Helper()
	return h.Start(func(c *exec.Cmd) { c.Args = append(append(c.Args, "--engine", h.Argument()), arguments...) })
}

// Start runs `up` with the home's site and its state directory alone, and does
// not wait for it. The options may change the command before. When the test
// ends, it is killed, and whatever of it is left over then is an error.
func (h *Home) Start(options ...func(*exec.Cmd)) *Edge {
	h.t.Helper()
	client, err := api.NewClient(h.State)
	if err != nil {
		h.t.Fatal(err)
	}
	e := &Edge{Home: h, Out: NewTranscript(), Err: NewTranscript(), Exited: make(chan struct{}), client: client}
	// Not bound to the test's context, which ends before its cleanups.
	command := h.Command()
	e.cmd = exec.Command(command.Path, "up", "--state-dir", h.State, h.File)
	e.cmd.Dir, e.cmd.Env, e.cmd.WaitDelay = command.Dir, command.Env, command.WaitDelay
	e.cmd.Stdout, e.cmd.Stderr = e.Out, e.Err
	for _, option := range options {
		option(e.cmd)
	}
	if e.cmd.SysProcAttr == nil {
		e.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	e.cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL // it outlives no test that was cut off
	if err := e.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		e.failure = e.cmd.Wait()
		close(e.Exited)
	}()
	h.t.Cleanup(e.end)
	return e
}

func (e *Edge) end() {
	e.Kill() // does nothing after a proper stop
	<-e.Exited
	if strings.Contains(e.Err.Text(), "DATA RACE") {
		e.t.Error("edgegen has a data race")
	}
	if e.t.Failed() {
		e.t.Logf("edgegen said on stderr:\n%s\nand on stdout:\n%s", summary(e.Err.Text(), 300), summary(e.Out.Text(), 50))
	}
}

// Run starts the home's site and waits until it is ready.
func (h *Home) Run(arguments ...string) *Edge {
	h.t.Helper()
	e := h.Up(arguments...)
	e.Ready()
	return e
}

// Ready waits until the edge is ready.
func (e *Edge) Ready() {
	e.t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		// It fails until the control socket is there.
		if status, err := e.client.Status(context.Background()); err == nil && status.State == "ready" {
			return
		}
		select {
		case <-e.Exited:
			e.t.Fatalf("edgegen ended: %v", e.failure)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			e.t.Fatal("edgegen is not ready")
		}
	}
}

// PID is edgegen's own.
func (e *Edge) PID() int { return e.cmd.Process.Pid }

// Says waits for words on stderr.
func (e *Edge) Says(words string) {
	e.t.Helper()
	select {
	case <-e.Err.Holds(words):
	case <-e.Exited:
		if !strings.Contains(e.Err.Text(), words) {
			e.t.Fatalf("edgegen ended without saying %q: %v", words, e.failure)
		}
	case <-time.After(Patience):
		e.t.Fatalf("edgegen does not say %q", words)
	}
}

// Signal sends edgegen a signal.
func (e *Edge) Signal(s syscall.Signal) {
	e.t.Helper()
	if err := e.cmd.Process.Signal(s); err != nil {
		e.t.Fatal(err)
	}
}

// Ends waits for the end and returns the exit code.
func (e *Edge) Ends() int {
	e.t.Helper()
	select {
	case <-e.Exited:
	case <-time.After(Patience):
		e.Signal(syscall.SIGQUIT) // it says on stderr what its goroutines wait for
		<-e.Exited
		e.t.Fatal("edgegen does not end")
	}
	return e.cmd.ProcessState.ExitCode()
}

// Kill sends edgegen, and nobody else, SIGKILL. One that has ended already is no
// error.
func (e *Edge) Kill() { _ = e.cmd.Process.Kill() }

// Stop ends the edge by SIGTERM; it has to exit with 0, and none of its
// processes may be left then.
func (e *Edge) Stop() { e.t.Helper(); StopAll(e) }

// StopAll stops edges at the same time.
func StopAll(edges ...*Edge) {
	families := make([][]Process, len(edges))
	for i, e := range edges {
		e.t.Helper()
		families[i] = e.Family()
		e.Signal(syscall.SIGTERM)
	}
	for i, e := range edges {
		e.stopped(families[i])
	}
}

// stopped waits for the end that the edge has been asked for.
func (e *Edge) stopped(family []Process) {
	e.t.Helper()
	if code := e.Ends(); code != 0 {
		e.t.Errorf("exit code %d after SIGTERM", code)
	}
	for _, p := range family {
		if p.Alive() {
			e.t.Errorf("%v is left over", p)
		}
	}
}
