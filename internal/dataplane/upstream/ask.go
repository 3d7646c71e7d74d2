package upstream

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"edgegen/internal/dataplane/socket"
)

// The ways in which a kept connection is found unfit before a request is
// written on it. The request goes out on another one, whatever its method.
var (
	errClosed = errors.New("the server has closed the kept connection")
	// errUnasked: the bytes that lie there are no answer to a request that has
	// not been sent (RFC 9112 6.3, 9.2).
	errUnasked = errors.New("the server has sent bytes that nobody asked for")
)

// asking writes a request and waits for its answer in one visit to the socket.
// It looks at a kept connection in the moment before it writes, and so near to
// the write that nothing but the kernel is in between. It does not try to read
// before the socket is readable: the look costs what that attempt would.
type asking struct {
	raw    syscall.RawConn       // nil where there is no socket to look at, or TLS is spoken over it
	under  syscall.RawConn       // the socket under TLS; nil without
	step   func(fd uintptr) bool // of raw.Read; made once
	kept   bool                  // the connection has had a request before
	now    bool                  // read what is there, and do not wait
	ended  error                 // what such a read met; for the next one
	unsent []byte                // to be written before anything is read
	behind []byte                // to be written behind that
	into   []byte
	n      int
	err    error
}

// enter lets c ask by way of its socket, where it has one.
func (c *conn) enter(conn net.Conn) {
	under, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := under.SyscallConn()
	switch {
	case err != nil:
	case conn == c.Conn:
		c.raw, c.step = raw, c.visit
	default:
		c.under = raw
	}
}

// Read sends what is unsent, then reads.
func (c *conn) Read(p []byte) (int, error) {
	if c.pause > 0 {
		c.arm(c.pause)
	}
	if c.ended != nil {
		return 0, c.ended
	}
	if c.unsent == nil && !c.now {
		return c.Conn.Read(p)
	}
	if c.raw != nil {
		c.into, c.n, c.err = p, 0, nil
		err := c.raw.Read(c.step)
		c.into = nil
		switch {
		case err != nil:
			c.unsent, c.behind = nil, nil
			return 0, err
		case c.err != nil:
			c.unsent, c.behind = nil, nil
			return 0, c.err
		case c.unsent == nil && c.n == 0:
			return 0, io.EOF
		case c.unsent == nil:
			return c.n, nil
		}
	}
	rest, behind := c.unsent, c.behind
	c.unsent, c.behind = nil, nil
	if err := c.beneath(); err != nil {
		return 0, err
	}
	for _, part := range [][]byte{rest, behind} {
		if len(part) == 0 {
			continue
		}
		if _, err := c.Conn.Write(part); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(p)
}

// visit does what can be done at once, and returns false to wait until the
// socket is readable.
func (c *conn) visit(fd uintptr) bool {
	if c.unsent != nil {
		if c.kept {
			if c.err = c.look(fd); c.err != nil {
				return true
			}
		}
		n, err := socket.WriteBoth(fd, c.unsent, c.behind)
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			c.err = os.NewSyscallError("write", err)
			return true
		}
		if over := n - len(c.unsent); over >= 0 {
			c.unsent, c.behind = c.behind[over:], nil
		} else {
			c.unsent = c.unsent[n:]
		}
		if len(c.unsent) > 0 {
			return true // the socket is full
		}
		c.unsent = nil
		return false
	}
	n, err := socket.Read(fd, c.into)
	if errors.Is(err, syscall.EAGAIN) {
		if c.now {
			c.err = errNothing
		}
		return c.now
	}
	c.n, c.err = n, os.NewSyscallError("read", err)
	return true
}

// look tells what is wrong with a kept connection: nil where it is open and
// quiet.
func (c *conn) look(fd uintptr) error {
	n, err := socket.Peek(fd, c.seen[:])
	switch {
	case errors.Is(err, syscall.EAGAIN):
		c.server.trust.quiet()
		return nil
	case err != nil || n == 0 || timedOut(string(c.seen[:n])):
		return errClosed
	}
	return errUnasked
}

// timedOut reports whether bytes are the 408 with which some servers end a connection on
// which no request has come for too long.
func timedOut(start string) bool {
	return strings.HasPrefix(start, "HTTP/1.1 408") || strings.HasPrefix(start, "HTTP/1.0 408")
}

// errNothing says that nothing has come yet.
var errNothing = errors.New("nothing to read yet")

// ready reports whether a read would not wait, and reads what is there.
func (c *conn) ready() bool {
	if len(c.reader.Buffered()) > 0 || c.raw == nil {
		return len(c.reader.Buffered()) > 0 || c.under == nil
	}
	c.now = true
	err := c.reader.Fill()
	c.now = false
	if errors.Is(err, errNothing) {
		return false
	}
	c.ended = err
	return true
}

// fit looks at a kept connection by itself, before a request that is not
// written by Read.
func (c *conn) fit() error {
	if !c.kept || c.raw == nil {
		return c.beneath()
	}
	var found error
	if err := c.raw.Read(func(fd uintptr) bool {
		found = c.look(fd)
		return true
	}); err != nil {
		return errClosed
	}
	return found
}
