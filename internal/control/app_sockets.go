package control

import (
	"context"
	"errors"
	"strings"
)

// socketCounter is a server that knows where its WebSockets go: by the address
// of the app's server, "host:port" or the path of a Unix socket.
type socketCounter interface {
	webSocketsTo(ctx context.Context) (map[string]int, error)
}

// webSocketsTo counts the open WebSockets to some addresses.
func (e *Edge) webSocketsTo(ctx context.Context, addresses []string) (int, error) {
	open := make(map[string]int)
	var problems []error
	add := func(s any) {
		if counter, ok := s.(socketCounter); ok {
			there, err := counter.webSocketsTo(ctx)
			problems = append(problems, err)
			for address, count := range there {
				open[address] += count
			}
		}
	}
	for _, s := range e.serversNow() {
		add(s)
	}
	for _, p := range e.leaving.all() {
		add(p)
	}
	sum := 0
	for _, address := range addresses {
		sum += open[address]
	}
	return sum, errors.Join(problems...)
}

func (p *plane) webSocketsTo(context.Context) (map[string]int, error) {
	if served := p.plane(); served != nil {
		return served.WebSocketsTo(), nil
	}
	return nil, nil
}

func (v *varnishServer) webSocketsTo(ctx context.Context) (map[string]int, error) {
	open := make(map[string]int)
	var problem error
	if v.runs() {
		piped, err := v.native.Pipes(ctx)
		problem = err
		for address, count := range piped {
			open[strings.TrimPrefix(address, "unix:")] += count
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.standIn != nil {
		beside, err := v.standIn.webSocketsTo(ctx)
		problem = errors.Join(problem, err)
		for address, count := range beside {
			open[address] += count
		}
	}
	return open, problem
}
