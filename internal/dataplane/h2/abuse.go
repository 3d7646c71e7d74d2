package h2

import "edgegen/internal/dataplane/bounds"

// gainData is for a frame with data, which the client may answer with WINDOW_UPDATEs.
const gainData = 8

// costOf is what a frame costs by its header.
func costOf(f frame) int {
	switch f.kind {
	case kindHeaders:
		return 0
	case kindData:
		if f.length > 0 || f.has(flagEndStream) {
			return 0
		}
	}
	return bounds.CostFrame
}

// spend takes cost out of the client's budget; an error means that nothing is left. The
// lock is held.
func (c *Conn) spend(cost int) error {
	if !c.budget.Spend(cost) {
		return &connError{EnhanceYourCalm, "flood"}
	}
	return nil
}

// charge is spend for a frame that has begun.
func (c *Conn) charge() error {
	cost := costOf(c.frame)
	if cost == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spend(cost)
}
