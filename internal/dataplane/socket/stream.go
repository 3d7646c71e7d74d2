package socket

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// Stream reads and writes a connected socket. One goroutine may read while
// another one writes. The socket's deadlines hold, and to close it ends both.
type Stream struct {
	raw     syscall.RawConn
	in, out transfer
	blocked func()
	take    func(fd uintptr) bool // of raw.Read; made once, as is the next
	put     func(fd uintptr) bool // of raw.Write
}

// transfer is a read or a write under way.
type transfer struct {
	p   []byte
	n   int
	err error
}

// NewStream returns a Stream of the socket beneath a connection.
func NewStream(c syscall.Conn) (*Stream, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &Stream{raw: raw}
	s.take, s.put = s.read, s.write
	return s, nil
}

// Read is that of an io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.in = transfer{p: p}
	err := s.raw.Read(s.take)
	n := s.in.n
	if err == nil {
		err = s.in.err
	}
	s.in = transfer{}
	if err == nil && n == 0 {
		err = io.EOF
	}
	return n, err
}

func (s *Stream) read(fd uintptr) bool {
	n, err := Read(fd, s.in.p)
	if errors.Is(err, syscall.EAGAIN) {
		return false
	}
	s.in.n, s.in.err = n, os.NewSyscallError("read", err)
	return true
}

// Write is that of an io.Writer.
func (s *Stream) Write(p []byte) (int, error) { return s.Send(p, nil) }

// Send is Write. blocked, if not nil, is called once when it has to wait.
func (s *Stream) Send(p []byte, blocked func()) (int, error) {
	s.out, s.blocked = transfer{p: p}, blocked
	err := s.raw.Write(s.put)
	n := s.out.n
	if err == nil {
		err = s.out.err
	}
	s.out, s.blocked = transfer{}, nil
	return n, err
}

func (s *Stream) write(fd uintptr) bool {
	for s.out.n < len(s.out.p) {
		n, err := Write(fd, s.out.p[s.out.n:])
		if errors.Is(err, syscall.EAGAIN) {
			if s.blocked != nil {
				s.blocked()
				s.blocked = nil
			}
			return false
		}
		if err != nil {
			s.out.err = os.NewSyscallError("write", err)
			return true
		}
		s.out.n += n
	}
	return true
}
