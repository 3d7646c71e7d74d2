package supervise

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// child is one started process. Everything may be called from any goroutine.
type child interface {
	pid() int
	done() <-chan struct{}       // closed once the process and its group are gone
	exit() Exit                  // after done
	signal(syscall.Signal) error // to the process alone
	stop()                       // the polite request; what is left after StopTimeout stays
	kill()                       // SIGKILL to the group
}

// launcher starts a process; the error says what was wrong.
type launcher func(Process) (child, error)

// forked is a child of this process. One goroutine, locked to its thread,
// forks it, waits for it and reaps it: the kernel takes the end of the forking
// thread for the parent's death (golang/go#27505).
type forked struct {
	process        Process
	instance       *Instance // nil without one
	marker         string    // of this child and what descends from it
	stdout, stderr *stream

	id       identity
	started  time.Time
	finished chan struct{}
	ended    Exit // to be read after finished

	mu      sync.Mutex
	reaped  bool          // the number may belong to a stranger
	leave   time.Time     // until then the rest of the group may end by itself; zero: not at all
	hurry   chan struct{} // closed when it may not
	overdue bool          // leave had passed when it was killed
}

// launch starts the process under the instance, which may be nil.
func (i *Instance) launch(p Process) (child, error) {
	program, err := p.program()
	if err != nil {
		return nil, err
	}
	c := &forked{process: p, instance: i, marker: i.newMarker(p.Name), finished: make(chan struct{}), hurry: make(chan struct{})}
	started := make(chan error, 1)
	go c.live(program, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// live is the child's whole life: its one waiter.
func (c *forked) live(program string, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := c.fork(program); err != nil {
		started <- err
		return
	}
	defer close(c.finished)
	c.instance.hold(c.id, c.process.Name)
	defer c.instance.release(c.id)
	started <- nil

	awaitEnd(c.id.pid)
	ran := time.Since(c.started)
	inGroup, escaped := c.clear()
	status := c.reap()
	output := c.drain()
	c.ended = exitOf(status, ran)
	c.judge(inGroup, escaped)
	c.ended.Output = output
}

// fork starts the program and the readers of its output.
func (c *forked) fork(program string) error {
	input, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("start %s: open %s: %w", c.process.Name, os.DevNull, err)
	}
	defer syscall.Close(input)
	var outputs [2]int
	for n, opened := range []**stream{&c.stdout, &c.stderr} {
		if *opened, outputs[n], err = openStream(); err != nil {
			c.abandon()
			return fmt.Errorf("start %s: open pipe: %w", c.process.Name, err)
		}
		defer syscall.Close(outputs[n])
	}
	files := []uintptr{uintptr(input), uintptr(outputs[0]), uintptr(outputs[1])}
	if files, err = withExtraFiles(files, c.process.ExtraFiles); err != nil {
		c.abandon()
		return fmt.Errorf("start %s: pass on descriptors: %w", c.process.Name, err)
	}
	pid, err := syscall.ForkExec(program, append([]string{c.process.Path}, c.process.Args...), &syscall.ProcAttr{
		Dir:   c.process.Dir,
		Env:   c.process.environment(c.marker),
		Files: files,
		Sys:   c.process.attributes(),
	})
	runtime.KeepAlive(c.process.ExtraFiles)
	if err != nil {
		c.abandon()
		return c.process.explained(program, err)
	}
	c.started = time.Now()
	c.id = identity{pid: pid}
	if info, err := inspect(pid); err == nil { // there until it is reaped
		c.id = info.identity
	}
	go c.stdout.pump(c.process.Stdout)
	go c.stderr.pump(c.process.Stderr)
	return nil
}

// drain takes the rest of the output and returns its last lines, of stderr where it has
// any. A stranger that still holds the other end, or a sink that does not return, cannot
// hold it up for long.
func (c *forked) drain() []string {
	limit := time.Now().Add(clearLimit)
	c.stdout.expire(limit)
	c.stderr.expire(limit)
	limit = limit.Add(sinkLimit)
	output, complaints := c.stdout.finish(limit), c.stderr.finish(limit)
	if len(complaints) > 0 {
		return complaints
	}
	return output
}

// abandon closes what was opened for a child that was not started.
func (c *forked) abandon() {
	for _, s := range []*stream{c.stdout, c.stderr} {
		if s != nil {
			s.reader.Close()
		}
	}
}

// withExtraFiles appends the descriptors of files without changing whether
// they block, which File.Fd would do to everyone who shares them.
func withExtraFiles(descriptors []uintptr, files []*os.File) ([]uintptr, error) {
	for _, file := range files {
		raw, err := file.SyscallConn()
		if err != nil {
			return nil, err
		}
		if err := raw.Control(func(fd uintptr) { descriptors = append(descriptors, fd) }); err != nil {
			return nil, err
		}
	}
	return descriptors, nil
}

// awaitEnd returns when the process has ended and leaves it unreaped, so that
// its number still names it and its group.
func awaitEnd(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func (c *forked) reap() syscall.WaitStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reaped = true
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(c.id.pid, &status, 0, nil)
		if !errors.Is(err, syscall.EINTR) {
			return status
		}
	}
}

// judge tells in the exit what the process did wrong beyond its end.
func (c *forked) judge(inGroup, escaped int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended.Escaped = escaped
	if c.ended.Code == 0 && c.leave.IsZero() {
		c.ended.Escaped += inGroup
	}
	if c.overdue && c.ended.Signal == syscall.SIGKILL {
		c.ended.Ignored = c.process.StopSignal
	}
}

func exitOf(status syscall.WaitStatus, ran time.Duration) Exit {
	exit := Exit{At: time.Now(), Ran: ran, Code: status.ExitStatus()}
	if status.Signaled() {
		exit.Code, exit.Signal = -1, status.Signal()
	}
	return exit
}
