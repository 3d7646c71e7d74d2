package supervise

import (
	"fmt"
	"syscall"
	"time"
)

// clearLimit bounds the wait for killed processes to be gone.
const clearLimit = time.Second

// sinkLimit bounds the wait for a sink to take what was read of a process that
// has ended.
const sinkLimit = time.Second

func (c *forked) pid() int              { return c.id.pid }
func (c *forked) done() <-chan struct{} { return c.finished }
func (c *forked) exit() Exit            { return c.ended }

func (c *forked) signal(signal syscall.Signal) error { return c.send(c.id.pid, signal) }

// send is kill(2) as long as the number still is the child's.
func (c *forked) send(to int, signal syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return fmt.Errorf("signal %s: %w", c.process.Name, ErrNotRunning)
	}
	if err := syscall.Kill(to, signal); err != nil {
		return fmt.Errorf("signal %s: %w", c.process.Name, err)
	}
	return nil
}

func (c *forked) stop() {
	c.mu.Lock()
	c.leave = time.Now().Add(c.process.StopTimeout)
	c.mu.Unlock()
	to := -c.id.pid
	if c.process.StopLeader {
		to = c.id.pid
	}
	// An error means that nobody is left to be asked. SIGCONT lets a stopped
	// process act on the request.
	_ = c.send(to, c.process.StopSignal)
	_ = c.send(to, syscall.SIGCONT)
}

func (c *forked) kill() {
	c.mu.Lock()
	select {
	case <-c.hurry:
	default:
		c.overdue = !c.leave.IsZero() && !time.Now().Before(c.leave)
		close(c.hurry)
	}
	c.mu.Unlock()
	_ = c.send(-c.id.pid, syscall.SIGKILL) // an error means that all are gone
}

// clear ends what the process left when it ended, and returns how many there
// were in its group and outside of it. The process is a zombie meanwhile, so
// its group's number cannot be used again. After a stop that was asked for, the
// others have what is left of StopTimeout to end by themselves.
func (c *forked) clear() (inGroup, escaped int) {
	members, outside := c.others()
	if grace := c.grace(); grace > 0 && len(members)+len(outside) > 0 {
		ask(outside, c.process.StopSignal)
		if c.process.StopLeader { // otherwise they know already
			ask(members, c.process.StopSignal)
		}
		await(c.allOthers, grace, c.hurry)
	}
	_ = c.send(-c.id.pid, syscall.SIGKILL) // atomic, unlike what follows
	if left := killAll(c.allOthers, clearLimit); len(left) > 0 {
		c.instance.warn("processes survive SIGKILL", "name", c.process.Name, "count", len(left))
	}
	return len(members), len(outside)
}

func (c *forked) grace() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave.IsZero() {
		return 0
	}
	return time.Until(c.leave)
}

func (c *forked) allOthers() []identity {
	members, outside := c.others()
	return append(members, outside...)
}

// others returns the living members of the child's group apart from itself,
// and its living descendants outside of it, known by their marker.
func (c *forked) others() (members, outside []identity) {
	for pid, info := range processes() {
		if pid == c.id.pid || info.isDead() {
			continue
		}
		if info.group == c.id.pid {
			members = append(members, info.identity)
			continue
		}
		if c.marker == "" || info.start < c.id.start {
			continue // nobody is older than an ancestor
		}
		if marker, _ := markerOf(pid); marker == c.marker {
			outside = append(outside, info.identity)
		}
	}
	return members, outside
}
