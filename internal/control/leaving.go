package control

import (
	"slices"
	"sync"

	"edgegen/internal/native"
)

// leavers are the planes, the nginxes and the varnishds that take nothing new and serve what
// they still have. The zero value has none.
type leavers struct {
	mu      sync.Mutex
	planes  []*plane
	nginxes []*running
	caches  []*varnishServer
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

// all are the planes among them.
func (l *leavers) all() []*plane {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.planes)
}

func (l *leavers) addStore(v *varnishServer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.caches = append(l.caches, v)
}

func (l *leavers) removeStore(v *varnishServer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.caches = slices.DeleteFunc(l.caches, func(w *varnishServer) bool { return v == w })
}

// stores are those that may give what they have stored once more.
func (l *leavers) stores() []server {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []server
	for _, p := range l.planes {
		all = append(all, p)
	}
	for _, v := range l.caches {
		all = append(all, v)
	}
	return all
}

// activity counts what cache tiers among them have in work.
func (l *leavers) activity() native.Activity {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum native.Activity
	for _, p := range l.planes {
		sum = sum.Plus(p.work())
	}
	return sum
}

func (l *leavers) addNginx(r *running) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nginxes = append(l.nginxes, r)
}

func (l *leavers) removeNginx(r *running) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nginxes = slices.DeleteFunc(l.nginxes, func(q *running) bool { return r == q })
}

// oldWorkers counts the workers of the nginxes among them.
func (l *leavers) oldWorkers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := 0
	for _, r := range l.nginxes {
		serving, leaving := nginxWorkers(r)
		sum += serving + leaving
	}
	return sum
}
