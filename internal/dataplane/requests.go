package dataplane

// Requests returns how many requests are under way, WebSockets not counted.
func (p *Plane) Requests() int {
	p.track.mu.Lock()
	defer p.track.mu.Unlock()
	busy := int(p.streams.Open())
	for c := range p.track.serving {
		if !c.probe && !c.idle.Load() {
			busy++
		}
	}
	return busy
}
