package dataplane

import "net"

// visit is a connection from its arrival to its end.
type visit struct {
	net.Conn       // as it was accepted
	door     *door // that it came through; nil for a probe
	plane    *Plane
	duties   []func() // of its end
	stays    bool
}

// atEnd has f called when the visit ends, before what was named earlier.
func (v *visit) atEnd(f func()) { v.duties = append(v.duties, f) }

// stay lets the visit go on when the goroutine that has received it leaves it. Whoever asks
// for that calls end.
func (v *visit) stay() {
	v.stays = true
	v.plane.tasks.Begin()
}

// end ends a visit that has stayed.
func (v *visit) end() {
	defer v.plane.tasks.Done()
	v.perform()
}

// leave ends a visit that does not stay.
func (v *visit) leave() {
	if !v.stays {
		v.perform()
	}
}

func (v *visit) perform() {
	for _, f := range v.duties {
		defer f() // the last one first, whatever becomes of it
	}
}

// receive serves a connection that came through a door.
func (p *Plane) receive(v *visit) {
	defer v.leave()
	if v.door.public() {
		v.atEnd(p.connections.Leave)
	}
	v.atEnd(func() { v.Close() })
	if !p.track.add(v.Conn) {
		return
	}
	v.atEnd(func() { p.track.remove(v.Conn) })
	defer p.survive(addressOf(v.Conn))
	p.serve(v)
}
