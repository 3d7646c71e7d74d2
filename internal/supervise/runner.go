package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
)

// Runner keeps one process running. Its methods may be called from any
// goroutine. Make one with NewRunner.
type Runner struct {
	policy   Policy
	launch   launcher
	requests chan request
	hurry    context.Context // ends when the process is to be killed for good
	kill     context.CancelFunc

	mu       sync.Mutex
	process  Process
	status   Status
	current  child         // nil while there is none
	changed  chan struct{} // closed and replaced at every change of state
	begun    bool
	ended    bool
	failed   int            // attempts that failed so far
	starts   int            // attempts so far
	awaiting []chan<- error // restarts that wait for the process to be ready
	retired  bool           // it is not started again
	fault    error          // a change of state that the table forbids
}

// request asks the loop of Run for something: a restart where nothing else is
// said.
type request struct {
	fail   error          // kill the process for this reason and count it as a crash
	retire bool           // let the process live until it ends by itself
	signal syscall.Signal // to be sent to one that retires; 0 is none
	reply  chan<- error   // nil without a listener; buffered
}

// NewRunner returns a Runner that has not started yet. Instance may be nil;
// then nothing guards against the death of this process but the death signal.
// The error says what is wrong with the description.
func NewRunner(p Process, policy Policy, instance *Instance) (*Runner, error) {
	return newRunner(p, policy, instance.launch)
}

func newRunner(p Process, policy Policy, launch launcher) (*Runner, error) {
	p, err := p.completed()
	if err != nil {
		return nil, err
	}
	r := &Runner{
		policy:   policy.completed(),
		launch:   launch,
		requests: make(chan request),
		process:  p,
		status:   Status{Name: p.Name, State: Stopped},
		changed:  make(chan struct{}),
	}
	r.hurry, r.kill = context.WithCancel(context.Background())
	return r, nil
}

// Status returns a snapshot.
func (r *Runner) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// WaitReady waits until the process is ready. Where it dies first or cannot be
// started, WaitReady returns why, an *ExitError for an end; so it does at once
// between such a failure and the next start. Before Run it waits; after Run it
// returns ErrNotRunning.
func (r *Runner) WaitReady(ctx context.Context) error {
	r.mu.Lock()
	failedBefore := r.failed
	r.mu.Unlock()
	for {
		r.mu.Lock()
		status, ended, failed, changed := r.status, r.ended, r.failed, r.changed
		r.mu.Unlock()
		switch {
		case status.State == Running:
			return nil
		case status.State == Backoff, status.State == Failed, failed > failedBefore && status.Reason != nil:
			return status.Reason
		case ended:
			return fmt.Errorf("wait for %s: %w", status.Name, ErrNotRunning)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", status.Name, context.Cause(ctx))
		}
	}
}

// Restart stops the process as its description says, starts it again without
// a pause, and waits until it is ready. Earlier failures are forgotten. The
// error says why it did not get ready; it is tried again then as after any
// failure. Where ctx ends first, the restart goes on.
func (r *Runner) Restart(ctx context.Context) error {
	return r.awaited(ctx, "restart", request{})
}

// Abort says that the process is of no use though it runs. SIGKILL ends it and
// its group at once, as one that hangs would not react to a request, and it is
// started again as if it had crashed. Abort returns when the Runner knows, and
// does nothing where the process is not running anyway.
func (r *Runner) Abort(ctx context.Context, reason error) error {
	if reason == nil {
		reason = errors.New("given up for no reason")
	}
	return r.ask(ctx, request{fail: reason})
}

// Retire lets the process live until it ends by itself, and has it not started
// again: Run returns then, and the state is Stopped. The signal, which is what
// makes the process finish its work, is sent to the process alone; 0 sends
// none. The end of the context of Run, Abort and Kill still end the process, as
// does Restart, which starts nothing then. One that is not ready is stopped at
// once. The error is ErrNotRunning where there is no process, which then is
// not started again either, or says why the signal could not be sent.
func (r *Runner) Retire(ctx context.Context, signal syscall.Signal) error {
	return r.awaited(ctx, "retire", request{retire: true, signal: signal})
}

// awaited asks for something and waits for the reply.
func (r *Runner) awaited(ctx context.Context, doing string, asked request) error {
	reply := make(chan error, 1)
	asked.reply = reply
	if err := r.ask(ctx, asked); err != nil {
		return err
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%s %s: %w", doing, r.name(), context.Cause(ctx))
	}
}

func (r *Runner) ask(ctx context.Context, asked request) error {
	for {
		r.mu.Lock()
		active, changed := r.begun && !r.ended, r.changed
		r.mu.Unlock()
		if !active {
			return fmt.Errorf("%s: %w", r.name(), ErrNotRunning)
		}
		select {
		case r.requests <- asked:
			return nil
		case <-changed: // it may have ended
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", r.name(), context.Cause(ctx))
		}
	}
}

// Update replaces the description from the next start on; the name must stay.
// Together with Restart it changes the process's arguments or descriptors.
func (r *Runner) Update(p Process) error {
	p, err := p.completed()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Name != r.process.Name {
		return fmt.Errorf("process %s cannot become %s", r.process.Name, p.Name)
	}
	r.process = p
	return nil
}

// Signal sends the signal to the process alone, not to its group. The error
// is ErrNotRunning where there is no process.
func (r *Runner) Signal(signal syscall.Signal) error {
	r.mu.Lock()
	current := r.current
	r.mu.Unlock()
	if current == nil {
		return fmt.Errorf("signal %s: %w", r.name(), ErrNotRunning)
	}
	return current.signal(signal)
}

// Kill is the hurried stop: the process and its group are ended by SIGKILL, also
// where it is about to be started or was asked to end before, and Run returns.
func (r *Runner) Kill() { r.kill() }

func (r *Runner) name() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status.Name
}

func (r *Runner) description() Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.process
}
