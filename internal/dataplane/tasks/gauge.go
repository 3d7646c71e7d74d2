package tasks

import "sync/atomic"

// Gauge counts what is open, up to a limit. Its methods may be called from any goroutine;
// the zero value has nothing open.
type Gauge struct{ open atomic.Int64 }

// Enter counts one more. It returns false, and counts nothing, where that would be more than
// limit.
func (g *Gauge) Enter(limit int) bool {
	if g.open.Add(1) > int64(limit) {
		g.open.Add(-1)
		return false
	}
	return true
}

// Leave counts one less.
func (g *Gauge) Leave() { g.open.Add(-1) }

// Open is how many are open.
func (g *Gauge) Open() int64 { return g.open.Load() }
