package control

import (
	"slices"
	"sync"

	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// leavers are the planes, the nginxes and the varnishds that take nothing new and serve what
// they still have. The zero value has none.
type leavers struct {
	planes  group[*plane]
	nginxes group[*supervise.Kept]
	caches  group[*varnishServer]
}

// group is some of a kind. The zero value has none; it may be used from many goroutines.
type group[T comparable] struct {
	mu      sync.Mutex
	members []T
}

func (g *group[T]) add(one T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = append(g.members, one)
}

func (g *group[T]) remove(one T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = slices.DeleteFunc(g.members, func(other T) bool { return other == one })
}

func (g *group[T]) all() []T {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.members)
}

// stores are the servers among them that may still answer from what they have stored.
func (l *leavers) stores() []server {
	var all []server
	for _, p := range l.planes.all() {
		all = append(all, p)
	}
	for _, v := range l.caches.all() {
		all = append(all, v)
	}
	return all
}

// activity counts what cache tiers among them have in work.
func (l *leavers) activity() native.Activity {
	var sum native.Activity
	for _, p := range l.planes.all() {
		sum = sum.Plus(p.work())
	}
	return sum
}

// oldWorkers counts the workers of the nginxes among them.
func (l *leavers) oldWorkers() int {
	sum := 0
	for _, r := range l.nginxes.all() {
		serving, leaving := nginxWorkers(r)
		sum += serving + leaving
	}
	return sum
}
