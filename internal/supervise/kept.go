package supervise

import "context"

// Kept is a process that is kept running in the background.
type Kept struct {
	*Runner

	life   context.Context // of the process
	cancel context.CancelFunc
	done   chan struct{}
}

// Keep makes ready to keep a process running; Begin begins.
func Keep(p Process, i *Instance) (*Kept, error) {
	runner, err := NewRunner(p, Policy{}, i)
	if err != nil {
		return nil, err
	}
	k := &Kept{Runner: runner, done: make(chan struct{})}
	k.life, k.cancel = context.WithCancel(context.Background())
	return k, nil
}

// Begin starts the process.
func (k *Kept) Begin() {
	go func() {
		defer close(k.done)
		// Run returns an error only where it is called twice.
		_ = k.Run(k.life)
	}()
}

// Done is closed when the process is gone for good.
func (k *Kept) Done() <-chan struct{} { return k.done }

// Ended reports whether the process is gone for good.
func (k *Kept) Ended() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// Leave asks the process to end, and does not wait for that.
func (k *Kept) Leave() { k.cancel() }

// Stop asks the process to end and waits until it has; when hurry ends it is killed. A nil
// one has ended.
func (k *Kept) Stop(hurry context.Context) {
	if k == nil {
		return
	}
	k.cancel()
	select {
	case <-k.done:
	case <-hurry.Done():
		k.Kill()
		<-k.done
	}
}
