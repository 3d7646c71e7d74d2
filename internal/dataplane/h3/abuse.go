package h3

import "edgegen/internal/dataplane/bounds"

// charge takes a frame that moves nothing out of the client's budget; an error means that
// nothing is left.
func (c *Conn) charge() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spend(bounds.CostFrame)
}

// spend takes cost out of it; the lock is held.
func (c *Conn) spend(cost int) error {
	if !c.budget.Spend(cost) {
		return fault(excessiveLoad, "flood")
	}
	return nil
}
