package dataplane

// Requests returns how many HTTP/1 requests are under way, WebSockets not
// counted. HTTP/2 is spoken with clients only, and Shutdown waits for that.
func (p *Plane) Requests() int {
	p.track.mu.Lock()
	defer p.track.mu.Unlock()
	busy := 0
	for c := range p.track.serving {
		if _, socket := p.track.sockets[c]; !socket && !c.idle.Load() {
			busy++
		}
	}
	return busy
}
