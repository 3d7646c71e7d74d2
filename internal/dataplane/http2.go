package dataplane

import "edgegen/internal/dataplane/h2"

// http2 serves HTTP/2 on one connection.
type http2 struct{ streams }

// Serve answers a request. What is in memory, and small files, it answers on
// the goroutine that reads from the connection.
func (c *http2) Serve(s *h2.Stream) {
	e := c.take(s, &s.Request)
	s.User = e
	c.answer(e, &s.Request)
}

// Ended writes the access log and gives the request's memory back.
func (c *http2) Ended(s *h2.Stream) { c.ended(s.User.(*stream)) }
