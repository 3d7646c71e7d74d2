package tiers

import (
	"slices"
	"sync"

	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// leavers are the planes, the nginxes and the varnishds that take nothing new and serve what
// they still have. The zero value has none.
type leavers struct {
	planes  group[Server]
	nginxes group[*supervise.Kept]
	caches  group[Server]
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
func (l *leavers) stores() []Server { return append(l.planes.all(), l.caches.all()...) }

// OldWorkers counts the workers of the nginxes among them.
func (l *leavers) OldWorkers() int {
	sum := 0
	for _, r := range l.nginxes.all() {
		serving, leaving := nginxWorkers(r)
		sum += serving + leaving
	}
	return sum
}

// nginxWorkers counts an nginx's workers. One that has ended has none.
func nginxWorkers(nginx *supervise.Kept) (serving, leaving int) {
	serving, leaving, _ = native.NginxWorkers(nginx.Status().PID)
	return serving, leaving
}
