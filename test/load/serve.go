package load

import (
	"net"
	"sync"
	"testing"
)

// Serve has each connection that a listener takes conversed with, on a goroutine
// of its own, and closed afterwards. When the test ends, the listener and what is
// open are closed, and every conversation is waited for.
func Serve(t testing.TB, listener net.Listener, converse func(net.Conn)) {
	s := &server{open: map[net.Conn]bool{}}
	s.work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.work.Go(func() {
				if s.enter(conn) {
					converse(conn)
				}
				s.leave(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // it only wakes up Accept
		s.end()
		s.work.Wait()
	})
}

type server struct {
	work  sync.WaitGroup
	mu    sync.Mutex
	ended bool
	open  map[net.Conn]bool
}

// enter reports whether the server goes on.
func (s *server) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[conn] = true
	return !s.ended
}

func (s *server) leave(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
	_ = conn.Close() // the conversation may have closed it
}

func (s *server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for conn := range s.open {
		_ = conn.Close() // it only wakes up Read
	}
}
