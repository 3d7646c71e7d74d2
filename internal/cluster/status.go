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

// Found is what members are found by.
type Found struct {
	By      string // a name with a port, or a Service
	Members int    // that it has named last
	Problem string // why it has named none lately; "" where it has
}

// Found lists by what members are found, in the order of the HCL.
func (c *Cluster) Found() (all []Found) {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.view.Load()
	if v == nil {
		return nil
	}
	for _, m := range v.of.Members {
		if by := m.String(); m.Found() {
			all = append(all, Found{By: by, Members: len(v.found[by]), Problem: c.problems[by]})
		}
	}
	return all
}
