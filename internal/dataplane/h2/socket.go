package h2

import (
	"io"
	"net"

	"edgegen/internal/dataplane/socket"
)

// Socket is a TCP connection beneath TLS. It can collect the records that one
// write makes, and send them by one system call; and it tells when that has to
// wait. It is a plain connection as long as nobody asks for that, for one
// goroutine that reads and one that writes.
type Socket struct {
	*net.TCPConn
	stream    *socket.Stream
	gathering bool
	held      []byte
}

// NewSocket wraps a connection. Beside gather, which is for one goroutine at a
// time and not beside other writes, it is used like the connection. It is an
// error where that is closed.
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
	if !s.gathering {
		return s.stream.Write(p)
	}
	s.held = append(s.held, p...)
	return len(p), nil
}

// gather writes p to through, which lies upon the socket, and what that makes
// of it to the socket at once. blocked, if not nil, is called when that has to
// wait.
func (s *Socket) gather(through io.Writer, p []byte, blocked func()) error {
	s.gathering = true
	_, err := through.Write(p)
	s.gathering = false
	if err == nil {
		_, err = s.stream.Send(s.held, blocked)
	}
	if s.held = s.held[:0]; cap(s.held) > keptRecords {
		s.held = nil
	}
	return err
}

// keptRecords is how much memory a connection keeps for what it sends next.
const keptRecords = 8 << 10
