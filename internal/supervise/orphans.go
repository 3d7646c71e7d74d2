package supervise

import (
	"context"
	"os"
	"syscall"
	"time"
)

// ReapOrphans reaps the dead processes that the kernel gives to this one after
// their own parents' death, as it does with process 1 and with a subreaper. It
// returns when ctx ends. A child that somebody here waits for is reaped by
// that waiter at once; so a child that is dead at two looks, interval apart,
// has none. Interval must be longer than any waiter may take; 5 s is ample.
func ReapOrphans(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	dead := make(map[identity]bool)
	for {
		dead = reapDead(dead)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// reapDead reaps the dead children that were dead before, and returns the
// ones that were not.
func reapDead(before map[identity]bool) (dead map[identity]bool) {
	dead = make(map[identity]bool)
	for pid, info := range processes() {
		if info.parent != os.Getpid() || info.state != 'Z' {
			continue
		}
		if !before[info.identity] {
			dead[info.identity] = true
			continue
		}
		// An error means that a waiter came after all.
		_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	}
	return dead
}
