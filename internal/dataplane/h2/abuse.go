package h2

import "time"

// budget bounds what a client may cause without asking for anything: floods of
// frames that are answered or thrown away, and requests that it resets. What it
// gets answered, and time, fill it again.
type budget struct {
	left  int
	since time.Time // of the last refill
}

const (
	budgetFull      = 1000
	budgetPerSecond = 10

	costFrame = 1 // a frame that moves nothing
	costReset = 2 // a stream that is reset before its answer has ended

	gainAnswer = 10
	gainData   = 8 // of a frame with data, which the client may answer with WINDOW_UPDATEs
)

func newBudget() budget { return budget{left: budgetFull, since: time.Now()} }

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
	return costFrame
}

// charge takes cost away, and leaves it to the next spend to look at the rest.
func (b *budget) charge(cost int) { b.left -= cost }

// spend takes cost away; an error means that nothing is left.
func (b *budget) spend(cost int) error {
	if b.left -= cost; b.left >= 0 {
		return nil
	}
	now := time.Now()
	b.gain(int(now.Sub(b.since) * budgetPerSecond / time.Second))
	b.since = now
	if b.left >= 0 {
		return nil
	}
	return &connError{EnhanceYourCalm, "flood"}
}

func (b *budget) gain(n int) { b.left = min(b.left+n, budgetFull) }

// spend is the budget's, for a frame.
func (c *Conn) spend(cost int) error {
	if cost == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.budget.spend(cost)
}
