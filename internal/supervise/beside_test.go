package supervise

import (
	"context"
	"testing"
)

// A process that is replaced runs beside the one that takes its place, under
// the same name. Its end must not end the other.
func TestTwoOfOneName(t *testing.T) {
	instance := opened(t)
	start := func() (*Runner, context.CancelFunc, chan error) {
		r, err := NewRunner(shell("exec sleep 60"), Policy{}, instance)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		t.Cleanup(stop)
		if err := r.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		return r, stop, done
	}
	_, stopOld, oldDone := start()
	fresh, stopFresh, freshDone := start()
	pid := fresh.Status().PID
	stopOld()
	if err := <-oldDone; err != nil {
		t.Error(err)
	}
	if s := fresh.Status(); s.State != Running || s.PID != pid || s.Restarts != 0 {
		t.Errorf("the other is %+v", s)
	}
	stopFresh()
	if err := <-freshDone; err != nil {
		t.Error(err)
	}
}
