package dataplane

import (
	"net"

	"edgegen/internal/dataplane/h2"
)

// http2 serves HTTP/2 on one connection.
type http2 struct{ streams }

// http2 serves a connection until it ends. socket lies beneath it; nil where
// that is no TCP connection.
func (p *Plane) http2(c *http2, conn net.Conn, socket *h2.Socket) {
	c.plane, c.protocol = p, "HTTP/2.0"
	c.run(h2.New(p.ended, conn, socket, c, &p.batches))
}

// Serve answers a request. What is in memory, and small files, it answers on
// the goroutine that reads from the connection.
func (c *http2) Serve(s *h2.Stream) {
	e := c.take(s, &s.Request)
	s.User = e
	c.answer(e, &s.Request)
}

// Ended writes the access log, and takes the memory back.
func (c *http2) Ended(s *h2.Stream) { c.ended(s.User.(*stream)) }
