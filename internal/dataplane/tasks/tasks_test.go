package tasks

import (
	"sync"
	"testing"
)

// Tasks run beside each other, goroutines take one after the other, and none is left.
func TestTasks(t *testing.T) {
	var all Group
	all.Wait() // for nothing
	var done sync.WaitGroup
	done.Add(3 * MostResting)
	for range 3 * MostResting {
		all.Go(func() { done.Done(); done.Wait() }) // each waits for all the others
	}
	all.Wait()
	resting := all.Resting()
	all.mu.Lock()
	alive := all.alive
	all.mu.Unlock()
	if resting != MostResting || alive < resting {
		t.Errorf("%d of %d goroutines rest", resting, alive)
	}
	again := make(chan struct{})
	all.Go(func() { all.Go(func() { close(again) }) })
	<-again
	all.End()
	if all.alive != 0 || all.running != 0 {
		t.Errorf("%d goroutines are left, of which %d run", all.alive, all.running)
	}
	late := make(chan struct{})
	all.Go(func() { close(late) })
	<-late
	all.Wait()
	if all.Resting() != 0 {
		t.Error("a goroutine rests after the end")
	}
}
