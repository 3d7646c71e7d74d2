// Package tasks counts what is under way: goroutines that take one task after the other,
// and what is open up to a limit.
package tasks

import "sync"

// Group runs and counts goroutines. Unlike with a sync.WaitGroup, one may start while
// another goroutine waits for the last to end.
//
// Some goroutines that have ended their tasks wait for others: their stacks have grown
// already, which costs more than all else about a goroutine.
type Group struct {
	mu      sync.Mutex
	running int
	none    chan struct{} // closed when running falls to zero; nil while nobody waits
	resting []chan func() // each is of one goroutine
	alive   int           // goroutines, resting or not
	over    bool          // nobody rests any more
	last    chan struct{} // closed when the last goroutine has ended; nil while nobody waits for that
}

// MostResting bounds the goroutines of a Group that wait for a task.
const MostResting = 128

// Go runs a task in a goroutine of its own.
func (t *Group) Go(task func()) {
	t.mu.Lock()
	t.running++
	if n := len(t.resting); n > 0 {
		rested := t.resting[n-1] // the last one has the warmest stack
		t.resting = t.resting[:n-1]
		t.mu.Unlock()
		rested <- task
		return
	}
	t.alive++
	t.mu.Unlock()
	go t.work(task)
}

// work runs one task after the other.
func (t *Group) work(task func()) {
	defer t.gone()
	next := make(chan func(), 1)
	for task != nil {
		task()
		if !t.rest(next) {
			return
		}
		task = <-next
	}
}

// rest notes the end of a task, and reports whether another one may come by next.
func (t *Group) rest(next chan func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended()
	if t.over || len(t.resting) == MostResting {
		return false
	}
	t.resting = append(t.resting, next)
	return true
}

// ended counts a task no longer; t.mu is held.
func (t *Group) ended() {
	if t.running--; t.running == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// Begin counts a task that has no goroutine for now, until Done.
func (t *Group) Begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running++
}

// Done ends a task of Begin.
func (t *Group) Done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended()
}

// Resting is how many goroutines wait for a task.
func (t *Group) Resting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.resting)
}

// Wait returns at a moment when no task runs.
func (t *Group) Wait() {
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

// gone notes the end of a goroutine.
func (t *Group) gone() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alive--; t.alive == 0 && t.last != nil {
		close(t.last)
		t.last = nil
	}
}

// End waits until no goroutine is left, and lets none rest. It is called once.
func (t *Group) End() {
	t.mu.Lock()
	last := make(chan struct{})
	if t.over = true; t.alive > 0 {
		t.last = last
	} else {
		close(last)
	}
	for _, rested := range t.resting {
		close(rested)
	}
	t.resting = nil
	t.mu.Unlock()
	<-last
}
