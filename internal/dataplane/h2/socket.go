package h2

import (
	"io"
	"net"
	"syscall"
)

// Socket is a TCP connection beneath TLS. It can collect the records that one
// write makes, and send them by one system call; and it tells when that has to
// wait. It is a plain connection as long as nobody asks for that.
type Socket struct {
	*net.TCPConn
	raw       syscall.RawConn
	gathering bool
	held      []byte
}

// NewSocket wraps a connection. Beside gather, which is for one goroutine at a
// time and not beside other writes, it is used like the connection.
func NewSocket(c *net.TCPConn) *Socket { return &Socket{TCPConn: c} }

// Write writes, or collects.
func (s *Socket) Write(p []byte) (int, error) {
	if !s.gathering {
		return s.TCPConn.Write(p)
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
		err = s.send(s.held, blocked)
	}
	if s.held = s.held[:0]; cap(s.held) > keptRecords {
		s.held = nil
	}
	return err
}

// keptRecords is how much memory a connection keeps for what it sends next.
const keptRecords = 8 << 10

func (s *Socket) send(p []byte, blocked func()) error {
	if s.raw == nil {
		raw, err := s.SyscallConn()
		if err != nil {
			return err
		}
		s.raw = raw
	}
	var failed error
	err := s.raw.Write(func(fd uintptr) bool {
		for len(p) > 0 {
			n, err := syscall.Write(int(fd), p)
			switch err {
			case nil:
				p = p[n:]
			case syscall.EINTR:
			case syscall.EAGAIN:
				if blocked != nil {
					blocked()
					blocked = nil
				}
				return false
			default:
				failed = err
				return true
			}
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return err
}
