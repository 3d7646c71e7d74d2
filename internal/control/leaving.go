package control

import (
	"context"
	"slices"
	"sync"

	"edgegen/internal/native"
)

// leavers are the planes that take nothing new and serve what they still have.
// The zero value has none.
type leavers struct {
	mu     sync.Mutex
	planes []*plane
}

func (l *leavers) add(p *plane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.planes = append(l.planes, p)
}

func (l *leavers) remove(p *plane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.planes = slices.DeleteFunc(l.planes, func(q *plane) bool { return p == q })
}

// activity counts what cache tiers among them have in work.
func (l *leavers) activity() native.Activity {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum native.Activity
	for _, p := range l.planes {
		a := p.activity(context.Background())
		sum.WebSockets += a.WebSockets
		sum.Requests += a.Requests
	}
	return sum
}
