package socket

import (
	"net"
	"testing"
)

// TestPoller holds what wakes whoever waits for a socket, once.
func TestPoller(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(p *Poller, w *Wait, near, far *net.TCPConn)
	}{
		{"bytes", func(_ *Poller, _ *Wait, _, far *net.TCPConn) { _, _ = far.Write([]byte("x")) }},
		{"end", func(_ *Poller, _ *Wait, _, far *net.TCPConn) { far.CloseWrite() }},
		{"reset", func(_ *Poller, _ *Wait, _, far *net.TCPConn) { far.SetLinger(0); far.Close() }},
		{"woken", func(p *Poller, w *Wait, near, _ *net.TCPConn) { near.Close(); p.Wake(w) }},
		{"closed", func(p *Poller, _ *Wait, _, _ *net.TCPConn) { p.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := NewPoller()
			if err != nil {
				t.Fatal(err)
			}
			near, far := pair(t)
			raw, err := near.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			ready := make(chan struct{}, 2)
			w := &Wait{Raw: raw, Ready: func() { ready <- struct{}{} }}
			if !p.Watch(w) {
				t.Fatal("not watched")
			}
			c.do(p, w, near, far)
			<-ready
			p.Wake(w) // nobody waits any more
			p.Close()
			if len(ready) > 0 {
				t.Error("told twice")
			}
			if p.Watch(w) {
				t.Error("watched by a closed Poller")
			}
		})
	}
}

// TestPollerAgain holds that a socket may be waited for again, and that the bytes which
// are there already wake at once.
func TestPollerAgain(t *testing.T) {
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	near, far := pair(t)
	raw, err := near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	w := &Wait{Raw: raw, Ready: func() { ready <- struct{}{} }}
	for range 3 { // the byte stays where it is
		if !p.Watch(w) {
			t.Fatal("not watched")
		}
		<-ready
	}
	near.Close()
	if p.Watch(w) {
		t.Error("a closed socket is watched")
	}
}
