package supervise

import (
	"os"
	"syscall"
	"time"
)

// orphanPause is longer than anybody but a Runner leaves a child unreaped that
// it waits for.
const orphanPause = 2 * time.Second

// reapOrphans reaps the dead processes that the kernel gives to this one after
// their own parents' death, as it does with process 1 and with a subreaper,
// until the channel closes. A child that somebody here waits for is reaped by
// that waiter: a Runner's is spared as long as it is in the book, and any other
// one has a waiter that comes at once, so that a child which is dead at two
// looks, pause apart, has none.
func (i *Instance) reapOrphans(pause time.Duration, closing <-chan struct{}) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	dead := make(map[identity]bool)
	for {
		dead = i.reapDead(dead)
		select {
		case <-tick.C:
		case <-closing:
			return
		}
	}
}

// reapDead reaps the dead children that were dead before, and returns the
// ones that were not.
func (i *Instance) reapDead(before map[identity]bool) (dead map[identity]bool) {
	dead = make(map[identity]bool)
	for pid, info := range processes() {
		if info.parent != os.Getpid() || info.state != 'Z' || i.waitsFor(info.identity) {
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

// waitsFor says whether the process has a waiter, which may let it stay dead
// for as long as others of its group end.
func (i *Instance) waitsFor(id identity) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, g := range i.book.groups {
		if g.leader == id {
			return true
		}
	}
	return id == i.book.guardian
}
