package tiers

import (
	"context"
	"slices"
	"sync"

	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// What becomes of servers that do not serve the next generation.

// PrepareToLeave makes servers ready to be retired, while they still are the only ones that
// take connections.
func PrepareToLeave(ctx context.Context, servers []Server) error {
	for _, s := range servers {
		if l, ok := s.(leaver); ok {
			if err := l.leaving(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stay undoes PrepareToLeave.
func Stay(servers []Server) {
	for _, s := range servers {
		if l, ok := s.(leaver); ok {
			l.stays()
		}
	}
}

// MakeWay has servers leave their places in the runtime directory to others of their kind.
func MakeWay(servers []Server) {
	for _, s := range servers {
		if w, ok := s.(inTheWay); ok {
			w.makeWay()
		}
	}
}

// Retire has servers take nothing new and end by themselves. Some of them have made way.
func Retire(servers, madeWay []Server) {
	for _, s := range servers {
		if w, ok := s.(inTheWay); ok && slices.Contains(madeWay, s) {
			w.fade()
		} else {
			s.retire()
		}
	}
}

// WebSocketsOf counts the WebSockets that end when a server is retired.
func WebSocketsOf(s Server) (int, error) {
	if p, ok := s.(piper); ok {
		return p.webSockets()
	}
	return 0, nil
}

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
