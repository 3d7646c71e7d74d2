package dataplane

import (
	"net"
	"sync"
)

// track knows what is open, so that a stop can end it.
type track struct {
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	serving map[*http1]struct{}
	muxes   map[*streams]struct{}
	sockets map[any]string // the server of each WebSocket: of a *pipe.Pipe or a *stream
	relays  map[net.Conn]net.Conn
	closed  bool
}

func newTrack() *track {
	return &track{conns: map[net.Conn]struct{}{}, serving: map[*http1]struct{}{}, muxes: map[*streams]struct{}{},
		sockets: map[any]string{}, relays: map[net.Conn]net.Conn{}}
}

// add notes a connection; false means that it came too late.
func (t *track) add(c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.conns[c] = struct{}{}
	}
	return !t.closed
}

func (t *track) remove(c net.Conn) {
	t.mu.Lock()
	delete(t.conns, c)
	delete(t.relays, c)
	t.mu.Unlock()
}

func (t *track) http1(c *http1) {
	t.mu.Lock()
	t.serving[c] = struct{}{}
	t.mu.Unlock()
}

func (t *track) forget(c *http1) {
	t.mu.Lock()
	delete(t.serving, c)
	t.mu.Unlock()
}

// muxed notes a connection of HTTP/2 or 3.
func (t *track) muxed(c *streams) {
	t.mu.Lock()
	t.muxes[c] = struct{}{}
	t.mu.Unlock()
}

func (t *track) forgetMuxed(c *streams) {
	t.mu.Lock()
	delete(t.muxes, c)
	t.mu.Unlock()
}

// socket notes a WebSocket to an app's server.
func (t *track) socket(c any, server string) {
	t.mu.Lock()
	t.sockets[c] = server
	t.mu.Unlock()
}

// ended notes that a WebSocket has ended.
func (t *track) ended(c any) {
	t.mu.Lock()
	delete(t.sockets, c)
	t.mu.Unlock()
}

// leave tells the clients of all connections of HTTP/2 and 3 that these end.
func (t *track) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.muxes {
		c.under.Leave()
	}
}

// socketsTo counts the WebSockets by the address of the app's server.
func (t *track) socketsTo() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	open := make(map[string]int)
	for _, server := range t.sockets {
		open[server]++
	}
	return open
}

// relayed notes the other side of a connection that is passed on.
func (t *track) relayed(client, cache net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.relays[cache] = client
	return !t.closed
}

// closeIdle ends the connections that wait for a request, and reports whether
// nothing but WebSockets and relays is left.
func (t *track) closeIdle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	busy := 0
	for c := range t.serving {
		if c.idle.Load() {
			c.Close()
			continue
		}
		busy++
	}
	for c := range t.muxes {
		c.under.Leave()
		if !c.under.Left() {
			busy++
		}
	}
	return busy == 0
}

// closeWaiting ends the connections that wait for another request.
func (t *track) closeWaiting() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.serving {
		if c.idle.Load() && c.begun.Load() {
			c.Close()
		}
	}
}

// closeAll ends everything.
func (t *track) closeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for c := range t.conns {
		c.Close()
	}
	for cache, client := range t.relays {
		cache.Close()
		client.Close()
	}
}
