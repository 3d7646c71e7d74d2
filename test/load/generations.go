// Package load keeps a running edge busy for tests and measurements, with
// clients and WebSockets that look at every answer, and has the apps behind it.
package load

import "sync"

// Generations says which configurations may be in force at a moment: one, or
// while the edge reloads, two. It is safe for use by several goroutines.
type Generations struct {
	mu        sync.Mutex
	low, high int
}

// NewGenerations returns one that is at rest.
func NewGenerations(now int) *Generations { return &Generations{low: now, high: now} }

// Changing says that from now on answers may be of the next generation too.
func (g *Generations) Changing(next int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.high = next
}

// Changed says that from now on every request gets an answer of the newest
// generation.
func (g *Generations) Changed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.low = g.high
}

// Window returns the oldest and the newest generation that may answer.
func (g *Generations) Window() (low, high int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.low, g.high
}
