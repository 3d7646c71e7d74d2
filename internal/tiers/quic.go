package tiers

import (
	"fmt"
	"maps"
	"sync"

	"edgegen/internal/dataplane"
	"edgegen/internal/generation"
)

// quicSockets are the sockets of HTTP/3 by their listeners. The zero value has none.
// Planes come and go on them; the connections that were taken stay with the socket.
type quicSockets struct {
	mu   sync.Mutex
	open map[*generation.Listener]*dataplane.Endpoint
}

// of returns those of listeners, and opens what is not there yet.
func (q *quicSockets) of(listeners []*generation.Listener) ([]*dataplane.Endpoint, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []*dataplane.Endpoint
	for _, l := range listeners {
		e := q.open[l]
		if e == nil || !e.Resume() {
			var err error
			if e, err = dataplane.NewEndpoint(l.File()); err != nil {
				return nil, fmt.Errorf("speak HTTP/3 on %s: %w", l.Address, err)
			}
			if q.open == nil {
				q.open = make(map[*generation.Listener]*dataplane.Endpoint)
			}
			q.open[l] = e
		}
		all = append(all, e)
	}
	return all, nil
}

// release lets go of those of listeners: nobody else comes in, and each is closed when its
// last connection has ended.
func (q *quicSockets) release(listeners []*generation.Listener) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range listeners {
		if e := q.open[l]; e != nil {
			e.Release()
		}
	}
	maps.DeleteFunc(q.open, func(_ *generation.Listener, e *dataplane.Endpoint) bool { return e.Closed() })
}

// refuse keeps new connections out, as generation.RefuseNew does.
func (q *quicSockets) refuse() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.open {
		e.Release()
	}
}

// Close ends all connections that are left.
func (q *quicSockets) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.open {
		e.Close()
	}
	q.open = nil
}
