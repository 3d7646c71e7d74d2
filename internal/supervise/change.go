package supervise

import (
	"errors"
	"fmt"
	"time"
)

// begin makes sure that Run is called once.
func (r *Runner) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun {
		return fmt.Errorf("run %s: it was run before", r.process.Name)
	}
	r.begun = true
	return nil
}

// finish is the end of Run: nobody waits for this process any longer.
func (r *Runner) finish() error {
	r.answer(fmt.Errorf("%s: %w", r.name(), ErrNotRunning))
	r.mu.Lock()
	r.ended = true
	started := r.status.State != Stopped
	if !started {
		r.announce()
	}
	r.mu.Unlock()
	if started {
		r.enter(Stopped, nil)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}

func (r *Runner) isRetired() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retired
}

// announce wakes everyone who waits for a change; r.mu is held.
func (r *Runner) announce() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// enter changes the state and tells everyone. Change adjusts the rest of the
// status; it may be nil.
func (r *Runner) enter(next State, change func(*Status)) {
	r.mu.Lock()
	before := r.status.State
	if !before.mayBecome(next) {
		r.fault = errors.Join(r.fault, fmt.Errorf("%s cannot go from %s to %s", r.status.Name, before, next))
		r.mu.Unlock()
		return
	}
	r.status.State, r.status.Since = next, time.Now()
	if change != nil {
		change(&r.status)
	}
	status, tell := r.status, r.process.OnChange
	r.announce()
	r.mu.Unlock()
	if tell != nil {
		tell(status)
	}
}

// adopt makes c the current child.
func (r *Runner) adopt(c child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = c
	r.status.PID = c.pid()
}

// bury records the end of c, which is done.
func (r *Runner) bury(c child) {
	exit := c.exit()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = nil
	r.status.PID = 0
	r.status.LastExit = &exit
}

// settled forgets earlier failures.
func (r *Runner) settled() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Failures = 0
}

// answer tells the restarts that wait how it went.
func (r *Runner) answer(err error) {
	r.mu.Lock()
	awaiting := r.awaiting
	r.awaiting = nil
	r.mu.Unlock()
	for _, reply := range awaiting {
		reply <- err // buffered
	}
}

// expect keeps a restart waiting.
func (r *Runner) expect(reply chan<- error) {
	if reply == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.awaiting = append(r.awaiting, reply)
}
