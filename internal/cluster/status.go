package cluster

import "time"

// Status is how a member is doing.
type Status struct {
	Name  string
	State State
	Since time.Time
	Why   string // it is down; "" where it is not
	Asked uint64 // requests that it was asked for, as the owner
	Lost  uint64 // of those, such as it had no answer to
}

// Status lists the members by their names, and how many requests of others were answered
// here.
func (c *Cluster) Status() (members []Status, served uint64) {
	if c == nil {
		return nil, 0
	}
	v := c.view.Load()
	if v == nil {
		return nil, 0
	}
	for _, m := range v.members {
		m.mu.Lock()
		members = append(members, Status{Name: m.Text, State: m.state, Since: m.since, Why: m.why, Asked: m.asked.Load(), Lost: m.lost.Load()})
		m.mu.Unlock()
	}
	return members, c.served.Load()
}
