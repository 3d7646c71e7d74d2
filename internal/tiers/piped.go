package tiers

import (
	"sync"
)

// pipedMost is how many WebSockets are remembered for the access log.
const pipedMost = 1 << 17

// piped remembers, by the ID of its request, to which server each WebSocket was led: a
// varnishd that pipes it knows only the relay. The zero value is ready to use, from any
// goroutine.
type piped struct {
	mu      sync.Mutex
	servers map[string]string
	order   []string // the oldest first; those that are told of already among them
}

// note remembers a WebSocket until it is told of, or many others have come.
func (p *piped) note(id, server string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.servers == nil {
		p.servers = make(map[string]string)
	}
	if len(p.order) >= pipedMost {
		delete(p.servers, p.order[0])
		p.order = p.order[1:]
	}
	p.servers[id] = server
	p.order = append(p.order, id)
}

// take returns the server of a WebSocket, and forgets it.
func (p *piped) take(id string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	server := p.servers[id]
	delete(p.servers, id)
	if len(p.servers) == 0 {
		p.order = nil
	}
	return server
}
