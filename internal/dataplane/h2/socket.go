package h2

import (
	"io"
	"net"
	"sync"

	"edgegen/internal/dataplane/socket"
)

// Socket is a TCP connection beneath TLS. It can collect the records that one
// write makes, and send them by one system call; and it tells when that has to
// wait. It is a plain connection as long as nobody asks for that, for one
// goroutine that reads and one that writes.
type Socket struct {
	*net.TCPConn
	stream  *socket.Stream
	sending sync.Mutex // has whole records follow one another
	lost    error      // why records never left: none may follow them; sending guards it

	mu        sync.Mutex // guards what follows
	gathering bool
	held      []byte // while gathering
}

// NewSocket wraps a connection. Beside gather, which is for one goroutine at a
// time, it is used like the connection: TLS may say farewell meanwhile. It is an
// error where the connection is closed.
func NewSocket(c *net.TCPConn) (*Socket, error) {
	stream, err := socket.NewStream(c)
	if err != nil {
		return nil, err
	}
	return &Socket{TCPConn: c, stream: stream}, nil
}

// Read reads.
func (s *Socket) Read(p []byte) (int, error) { return s.stream.Read(p) }

// Write writes, or collects.
func (s *Socket) Write(p []byte) (int, error) {
	s.mu.Lock()
	if s.gathering {
		s.held = append(s.held, p...)
		s.mu.Unlock()
		return len(p), nil
	}
	s.mu.Unlock()
	s.sending.Lock()
	defer s.sending.Unlock()
	if s.lost != nil {
		return 0, s.lost
	}
	return s.stream.Write(p)
}

// gather writes p to through, which lies upon the socket, and what that makes
// of it to the socket at once, by way of one of the buffers. blocked, if not nil,
// is called when that has to wait.
func (s *Socket) gather(through io.Writer, p []byte, buffers *sync.Pool, blocked func()) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer) // without what it has grown by
	s.mu.Lock()
	s.gathering, s.held = true, (*buffer)[:0]
	s.mu.Unlock()
	_, err := through.Write(p)
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	held := s.held
	s.gathering, s.held = false, nil
	s.mu.Unlock()
	if err == nil {
		_, err = s.stream.Send(held, blocked)
		s.lost = err
	}
	return err
}
