package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	guardianStartTimeout = 10 * time.Second
	guardianWriteTimeout = 2 * time.Second
)

// guardian is our end of one guardian process.
type guardian struct {
	id      identity
	process *os.Process
	pipe    *os.File      // what it is told
	exited  chan struct{} // closed once it has ended
}

// ledgerName is the environment variable that tells a guardian of the ledger.
const ledgerName = "EDGEGEN_LEDGER"

// startGuardian starts this very program as a guardian and waits until it reads.
func startGuardian(arguments []string, l ledger) (*guardian, error) {
	input, pipe, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start guardian: %w", err)
	}
	defer input.Close()
	answer, output, err := os.Pipe()
	if err != nil {
		pipe.Close()
		return nil, fmt.Errorf("start guardian: %w", err)
	}
	defer answer.Close()
	command := &exec.Cmd{
		Path:   "/proc/self/exe", // also where the file has been replaced
		Args:   append([]string{os.Args[0]}, arguments...),
		Env:    append(withoutMarker(os.Environ()), ledgerName+"="+l.path),
		Dir:    "/",
		Stdin:  input,
		Stdout: output,
		Stderr: os.Stderr,
		// A session of its own keeps the terminal's signals away.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = command.Start()
	output.Close()
	if err != nil {
		pipe.Close()
		return nil, fmt.Errorf("start guardian: %w", err)
	}
	g := &guardian{process: command.Process, pipe: pipe, exited: make(chan struct{})}
	g.id.pid = command.Process.Pid
	if info, err := inspect(g.id.pid); err == nil { // there until Wait
		g.id = info.identity
	}
	go func() {
		defer close(g.exited)
		_ = command.Wait() // how it ended changes nothing
	}()
	if err := awaitGuard(answer); err != nil {
		g.drop()
		return nil, err
	}
	return g, nil
}

func awaitGuard(answer *os.File) error {
	if err := answer.SetReadDeadline(time.Now().Add(guardianStartTimeout)); err != nil {
		return fmt.Errorf("start guardian: %w", err)
	}
	text := make([]byte, len(guardianReady))
	if _, err := io.ReadFull(answer, text); err != nil {
		return fmt.Errorf("start guardian: it does not answer: %w", err)
	}
	if string(text) != guardianReady {
		return fmt.Errorf("start guardian: it answers %q", text)
	}
	return nil
}

// tell writes lines. A guardian that does not read is killed, so that it is
// replaced by one that does.
func (g *guardian) tell(lines ...string) error {
	if err := g.pipe.SetWriteDeadline(time.Now().Add(guardianWriteTimeout)); err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := io.WriteString(g.pipe, line+"\n"); err != nil {
			return errors.Join(err, g.process.Kill())
		}
	}
	return nil
}

// dismiss says goodbye and waits for the guardian's end.
func (g *guardian) dismiss(ctx context.Context) error {
	select {
	case <-g.exited: // and nobody was left to replace it
		return g.pipe.Close()
	default:
	}
	err := g.tell("goodbye")
	g.pipe.Close()
	select {
	case <-g.exited:
	case <-ctx.Done():
		err = errors.Join(err, context.Cause(ctx), g.process.Kill())
		<-g.exited
	}
	if err != nil {
		return fmt.Errorf("dismiss guardian: %w", err)
	}
	return nil
}

// drop ends a guardian before it can act.
func (g *guardian) drop() {
	_ = g.process.Kill() // it may have ended
	<-g.exited
	g.pipe.Close()
}
