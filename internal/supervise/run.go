package supervise

import (
	"context"
	"fmt"
	"time"
)

// Run keeps the process running until ctx ends, then stops it and returns nil
// when it and its group are gone. It may be called once. A process that does
// not start is tried again like one that died; whoever wants to give up then
// waits with WaitReady and ends ctx. One that was retired is not started again:
// Run returns when it has ended.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.begin(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.hurry, cancel)()
	for ctx.Err() == nil && !r.isRetired() {
		if failure := r.attempt(ctx); failure != nil && !r.isRetired() {
			r.pause(ctx, failure)
		}
	}
	return r.finish()
}

// attempt is one start and what follows until the process has ended. It
// returns why the next start must wait; nil where the end was asked for.
func (r *Runner) attempt(ctx context.Context) error {
	r.enter(Starting, func(s *Status) {
		if r.starts++; r.starts > 1 {
			s.Restarts++
		}
	})
	p := r.description()
	if p.Prepare != nil {
		if err := p.Prepare(ctx); err != nil {
			return fmt.Errorf("prepare %s: %w", p.Name, err)
		}
	}
	c, err := r.launch(p)
	if err != nil {
		return err
	}
	r.adopt(c)
	// The child is done whichever way the two below return.
	defer r.bury(c)
	if ready, failure := r.untilReady(ctx, p, c); !ready {
		return failure
	}
	r.enter(Running, func(s *Status) { s.Reason = nil })
	r.answer(nil)
	return r.untilEnd(ctx, p, c)
}

// untilReady waits for the process to answer. Where it returns false the
// process is gone.
func (r *Runner) untilReady(ctx context.Context, p Process, c child) (ready bool, failure error) {
	waiting, cancel := context.WithTimeout(ctx, p.StartTimeout)
	answered := make(chan error, 1)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		answered <- askReady(waiting, p.Ready)
	}()
	defer func() {
		cancel()
		<-asked
	}()
	select {
	case <-c.done():
		return false, &ExitError{Name: p.Name, Exit: c.exit()}
	case err := <-answered:
		if err == nil {
			return stillThere(p, c)
		}
		endChild(r.hurry, p, c)
		if ctx.Err() != nil {
			return false, nil
		}
		if isHopeless(err) {
			return false, killed(c, fmt.Errorf("%s does not get ready: %w", p.Name, err))
		}
		return false, killed(c, fmt.Errorf("%s did not get ready within %s: %w", p.Name, p.StartTimeout, err))
	case asked := <-r.requests:
		return false, r.obey(p, c, asked)
	case <-ctx.Done():
		endChild(r.hurry, p, c)
		return false, nil
	}
}

// stillThere guards against an answer that came from somebody else while the
// process died.
func stillThere(p Process, c child) (bool, error) {
	select {
	case <-c.done():
		return false, &ExitError{Name: p.Name, Exit: c.exit()}
	default:
		return true, nil
	}
}

// untilEnd waits until the ready process has ended.
func (r *Runner) untilEnd(ctx context.Context, p Process, c child) error {
	stable := time.NewTimer(r.policy.StableAfter)
	defer stable.Stop()
	for {
		select {
		case <-c.done():
			return &ExitError{Name: p.Name, Exit: c.exit(), Ready: true}
		case <-stable.C:
			r.settled()
		case asked := <-r.requests:
			if asked.retire {
				r.retire(c, asked)
				continue
			}
			return r.obey(p, c, asked)
		case <-ctx.Done():
			endChild(r.hurry, p, c)
			return nil
		}
	}
}

// retire has nothing follow the process, which may be nil, and tells it.
func (r *Runner) retire(c child, asked request) {
	r.mu.Lock()
	r.retired = true
	r.mu.Unlock()
	switch {
	case c == nil:
		asked.reply <- fmt.Errorf("retire %s: %w", r.name(), ErrNotRunning)
	case asked.signal == 0:
		asked.reply <- nil
	default:
		asked.reply <- c.signal(asked.signal)
	}
}

// obey ends the process as a request wants it.
func (r *Runner) obey(p Process, c child, asked request) error {
	if asked.fail != nil {
		c.kill()
		<-c.done()
		return fmt.Errorf("%s: %w", p.Name, asked.fail)
	}
	endChild(r.hurry, p, c)
	if asked.retire {
		r.retire(nil, asked)
		return nil
	}
	r.settled()
	r.expect(asked.reply)
	return nil
}

// killed adds to a failure that the process had to be killed.
func killed(c child, failure error) error {
	if ignored := c.exit().Ignored; ignored != 0 {
		return fmt.Errorf("%w; it had to be killed, as it did not end when %s asked it to", failure, signalName(ignored))
	}
	return failure
}

// endChild stops the process and returns when it and its group are gone. Where
// hurry has ended, it is killed without more ado.
func endChild(hurry context.Context, p Process, c child) {
	c.stop()
	patience := time.NewTimer(p.StopTimeout)
	defer patience.Stop()
	select {
	case <-c.done():
		return
	case <-patience.C:
	case <-hurry.Done():
	}
	c.kill()
	<-c.done()
}

// pause shows the failure and lets the pause that it calls for go by.
func (r *Runner) pause(ctx context.Context, failure error) {
	r.answer(failure)
	if ctx.Err() != nil {
		return
	}
	failures := r.Status().Failures + 1
	state, length := r.policy.afterFailures(failures)
	r.enter(state, func(s *Status) {
		r.failed++
		s.Failures, s.Reason, s.Failed = failures, failure, &Failure{At: time.Now(), Why: failure}
	})
	timer := time.NewTimer(length)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		case asked := <-r.requests:
			if asked.fail != nil {
				continue // it is not running anyway
			}
			if asked.retire {
				r.retire(nil, asked)
				return
			}
			r.settled()
			r.expect(asked.reply)
			return
		}
	}
}

// askReady asks until the answer is good or hopeless, or ctx ends; then it
// returns the last answer.
func askReady(ctx context.Context, ready func(context.Context) error) error {
	if ready == nil {
		return nil
	}
	pause := 5 * time.Millisecond
	for {
		err := ready(ctx)
		if err == nil || isHopeless(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			pause = min(pause*2, 200*time.Millisecond)
		}
	}
}
