package h3

import "time"

// budget bounds what a client may cause without asking for anything: frames that are
// thrown away, and requests that it resets. What it gets answered, and time, fill it again.
// The connection's lock guards it.
type budget struct {
	left  int
	since time.Time // of the last refill
}

const (
	budgetFull      = 1000
	budgetPerSecond = 10

	costFrame = 1 // a frame that moves nothing
	costReset = 2 // a request that is reset before its answer has ended

	gainAnswer = 10
)

func (b *budget) spend(cost int) bool {
	if b.left -= cost; b.left >= 0 {
		return true
	}
	now := time.Now()
	b.gain(int(now.Sub(b.since) * budgetPerSecond / time.Second))
	b.since = now
	return b.left >= 0
}

func (b *budget) gain(n int) { b.left = min(b.left+n, budgetFull) }

// spend is the budget's; false means that nothing is left.
func (c *Conn) spend(cost int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.budget.spend(cost)
}
