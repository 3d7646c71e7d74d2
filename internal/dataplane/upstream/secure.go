package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// shake agrees on TLS over a connection that it closes where that fails.
func (s *server) shake(ctx context.Context, raw net.Conn, patience time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn := tls.Client(raw, s.secure)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, os.ErrDeadlineExceeded
		}
		return nil, err
	}
	return conn, nil
}

// beneath looks at a kept connection with TLS before a request is written on it.
// What lies on the socket is the other side's goodbye, or nothing that anybody
// asked for: either way another connection is taken.
func (c *conn) beneath() error {
	if c.under == nil || !c.kept {
		return nil
	}
	var found error
	if err := c.under.Read(func(fd uintptr) bool {
		n, _, err := syscall.Recvfrom(int(fd), c.seen[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if !errors.Is(err, syscall.EAGAIN) || n > 0 {
			found = errClosed
		}
		return true
	}); err != nil || found != nil {
		return errClosed
	}
	// A record may have held more than the answer that was read from it.
	c.armed = time.Time{}
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	n, err := c.Conn.Read(c.seen[:1])
	_ = c.Conn.SetReadDeadline(time.Time{})
	switch {
	case n > 0:
		return errUnasked
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return errClosed
	}
	c.server.trust.quiet()
	return nil
}
