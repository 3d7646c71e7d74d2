package control

import (
	"context"
	"fmt"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/supervise"
)

// running is a process that is kept running in the background.
type running struct {
	*supervise.Runner
	life   context.Context // of the process
	cancel context.CancelFunc
	done   chan struct{} // closed when it is gone for good
}

// launch keeps a process running from now on.
func (e *house) launch(p supervise.Process) (*running, error) {
	r, err := e.running(p)
	if err == nil {
		r.begin()
	}
	return r, err
}

// running makes ready to keep a process running; begin begins.
func (e *house) running(p supervise.Process) (*running, error) {
	tell := p.OnChange
	p.OnChange = func(s supervise.Status) {
		e.changed(s)
		if tell != nil {
			tell(s)
		}
	}
	runner, err := supervise.NewRunner(p, supervise.Policy{}, e.state.instance)
	if err != nil {
		return nil, err
	}
	r := &running{Runner: runner, done: make(chan struct{})}
	r.life, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

func (r *running) begin() {
	go func() {
		defer close(r.done)
		// Run returns an error only where it is called twice.
		_ = r.Run(r.life)
	}()
}

// launchReady keeps a process running and waits until it answers. One that does not
// answer in time is tried again all the same.
func (e *house) launchReady(ctx context.Context, g *generation.Generation, p supervise.Process) (*running, error) {
	r, err := e.launch(p)
	if err != nil {
		return nil, err
	}
	return r, e.awaitReady(ctx, r, p.Name, patienceWith(g))
}

// startPatience is how long a daemon may take to answer before the builtin tier
// serves meanwhile, and sitePatience what it gets for each site besides. Most take a
// tenth of a second, but varnishd has to compile and stunnel to read the files of the
// sites: some ten milliseconds each, and more where the machine has much else to do.
const (
	startPatience = 30 * time.Second
	sitePatience  = 30 * time.Millisecond
)

// patienceWith is that of a generation.
func patienceWith(g *generation.Generation) time.Duration {
	return startPatience + time.Duration(len(g.Loaded.Edge.Sites))*sitePatience
}

// awaitReady waits until a daemon answers, no longer than it may take where
// somebody can stand in for it.
func (e *house) awaitReady(ctx context.Context, r *running, name string, patience time.Duration) error {
	waiting := ctx
	if !e.options.NoTakeover && !e.served.Load() {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	err := r.WaitReady(waiting)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && waiting.Err() != nil:
		return fmt.Errorf("start %s: it has not answered for %s", name, patience)
	}
	return fmt.Errorf("start %s: %w", name, err)
}

// ended reports whether the process is gone for good.
func (r *running) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// stop asks the process to end and waits until it has; when hurry ends it is
// killed.
func (r *running) stop(hurry context.Context) {
	if r == nil {
		return
	}
	r.cancel()
	select {
	case <-r.done:
	case <-hurry.Done():
		r.Kill()
		<-r.done
	}
}
