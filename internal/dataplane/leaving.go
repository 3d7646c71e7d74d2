package dataplane

import (
	"context"
	"sync"
)

// leaving is the context of a connection's requests: it ends when the client leaves, or
// the plane. One at a time may watch for that end without what context.AfterFunc takes of
// each request that asks an app.
type leaving struct {
	context.Context
	mu      sync.Mutex
	watcher func() // to be called at the end; nil for none
	turn    int    // the number of watchers so far
	ended   bool
}

// newLeaving returns a context that ends with another one, or by cancel.
func newLeaving(parent context.Context) (l *leaving, cancel context.CancelFunc) {
	l = &leaving{}
	l.Context, cancel = context.WithCancel(parent)
	context.AfterFunc(l.Context, l.end)
	return l, cancel
}

// end tells whoever watches.
func (l *leaving) end() {
	l.mu.Lock()
	watcher := l.watcher
	l.watcher, l.ended = nil, true
	l.mu.Unlock()
	if watcher != nil {
		watcher()
	}
}

// AfterFunc is that of package context, which calls it itself.
func (l *leaving) AfterFunc(f func()) (stop func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watcher != nil || l.ended {
		return context.AfterFunc(l.Context, f)
	}
	l.watcher, l.turn = f, l.turn+1
	turn := l.turn
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.watcher == nil || l.turn != turn {
			return false
		}
		l.watcher = nil
		return true
	}
}
