package control

import (
	"errors"
	"strings"

	"edgegen/internal/dataplane"
)

// socketCounter is the server of a daemon that can tell where its WebSockets go. It names
// an app's server by "host:port" or by the path of its Unix socket.
type socketCounter interface {
	webSocketsTo() (map[string]int, error)
}

// webSocketsTo counts the open WebSockets to some addresses.
func (e *Edge) webSocketsTo(addresses []string) (int, error) {
	sum := 0
	for _, p := range e.planes() {
		sum += countOf(p.WebSocketsTo(), addresses)
	}
	var problems []error
	for _, s := range e.serversNow() {
		if counter, ok := s.(socketCounter); ok {
			there, err := counter.webSocketsTo()
			problems = append(problems, err)
			sum += countOf(there, addresses)
		}
	}
	return sum, errors.Join(problems...)
}

func countOf(open map[string]int, addresses []string) int {
	sum := 0
	for _, address := range addresses {
		sum += open[address]
	}
	return sum
}

// planes are those that serve, stand in for a daemon, or are being retired.
func (e *Edge) planes() []*dataplane.Plane {
	all := e.leaving.planes.all()
	for _, s := range e.serversNow() {
		switch s := s.(type) {
		case *plane:
			all = append(all, s)
		case guarded:
			d := s.base()
			d.mu.Lock()
			if d.standIn != nil {
				all = append(all, d.standIn)
			}
			d.mu.Unlock()
		}
	}
	var started []*dataplane.Plane
	for _, p := range all {
		if served := p.plane(); served != nil {
			started = append(started, served)
		}
	}
	return started
}

func (v *varnishServer) webSocketsTo() (map[string]int, error) {
	if !v.runs() {
		return nil, nil
	}
	open := make(map[string]int)
	piped, err := v.native.Pipes()
	for address, count := range piped {
		open[strings.TrimPrefix(address, "unix:")] += count
	}
	return open, err
}
