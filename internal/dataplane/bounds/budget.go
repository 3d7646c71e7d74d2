package bounds

import "time"

// Budget bounds what a client may cause without asking for anything: floods of frames
// that are answered or thrown away, and requests that it resets. What it gets answered,
// and time, fill it again. It is not for several goroutines at once.
type Budget struct {
	left  int
	since time.Time // of the last refill
}

const (
	budgetFull      = 1000
	budgetPerSecond = 10

	CostFrame = 1 // a frame that moves nothing
	CostReset = 2 // a request that is reset before its answer has ended

	GainAnswer = 10
)

// NewBudget makes a full one.
func NewBudget() Budget { return Budget{left: budgetFull, since: time.Now()} }

// Charge takes cost away, and leaves it to the next Spend to look at the rest.
func (b *Budget) Charge(cost int) { b.left -= cost }

// Spend takes cost away; false means that nothing is left.
func (b *Budget) Spend(cost int) bool {
	if b.left -= cost; b.left >= 0 {
		return true
	}
	now := time.Now()
	b.Gain(int(now.Sub(b.since) * budgetPerSecond / time.Second))
	b.since = now
	return b.left >= 0
}

// Gain fills it, as far as it goes.
func (b *Budget) Gain(n int) { b.left = min(b.left+n, budgetFull) }
