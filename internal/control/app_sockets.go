package control

import (
	"context"
	"net"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

// socketCounter is a server that knows where its WebSockets go: by the address
// of the app's server, "host:port" or "unix:/path" or that path alone.
type socketCounter interface {
	webSocketsTo(ctx context.Context) map[string]int
}

// webSocketsTo counts the open WebSockets to some servers of an app.
func (e *Edge) webSocketsTo(ctx context.Context, servers []site.Server) int {
	open := make(map[string]int)
	add := func(s any) {
		if counter, ok := s.(socketCounter); ok {
			for address, count := range counter.webSocketsTo(ctx) {
				open[strings.TrimPrefix(address, "unix:")] += count
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
	for _, server := range servers {
		address := server.Path
		if address == "" {
			address = net.JoinHostPort(server.Host, strconv.Itoa(int(server.Port)))
		}
		sum += open[address]
	}
	return sum
}

func (p *plane) webSocketsTo(context.Context) map[string]int {
	if served := p.plane(); served != nil {
		return served.WebSocketsTo()
	}
	return nil
}

func (v *varnishServer) webSocketsTo(ctx context.Context) map[string]int {
	open := make(map[string]int)
	if v.runs() {
		piped, err := v.native.Pipes(ctx)
		if err != nil {
			v.edge.options.Log.Debug("count WebSockets", "error", err)
		}
		for address, count := range piped {
			open[strings.TrimPrefix(address, "unix:")] += count
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.standIn != nil {
		for address, count := range v.standIn.webSocketsTo(ctx) {
			open[address] += count
		}
	}
	return open
}
