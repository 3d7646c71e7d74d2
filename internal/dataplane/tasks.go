package dataplane

import "sync"

// tasks counts goroutines. Unlike with a sync.WaitGroup, one may start while
// another goroutine waits for the last to end.
type tasks struct {
	mu      sync.Mutex
	running int
	none    chan struct{} // closed when running falls to zero; nil while nobody waits
}

// Go runs a task in a goroutine of its own.
func (t *tasks) Go(task func()) {
	t.enter()
	go func() {
		defer t.leave()
		task()
	}()
}

func (t *tasks) enter() {
	t.mu.Lock()
	t.running++
	t.mu.Unlock()
}

func (t *tasks) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.running == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// Wait returns at a moment when no task runs.
func (t *tasks) Wait() {
	t.mu.Lock()
	if t.running == 0 {
		t.mu.Unlock()
		return
	}
	if t.none == nil {
		t.none = make(chan struct{})
	}
	none := t.none
	t.mu.Unlock()
	<-none
}
