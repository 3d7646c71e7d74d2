package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// dial opens a connection and notes a server that cannot be reached.
func (s *server) dial(ctx context.Context, t Timeouts) (*conn, error) {
	raw, err := s.connect(ctx, t.Connect)
	if err == nil {
		s.downUntil.Store(0)
		if s.secure == nil {
			return newConn(raw, s, raw), nil
		}
		secured, err := s.shake(ctx, raw, t.Connect)
		if err == nil {
			return newConn(secured, s, raw), nil
		}
		if ctx.Err() == nil {
			return nil, s.troubled(failure("agree on TLS with "+s.Address.Address, err))
		}
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrClient, ctx.Err())
	}
	s.downUntil.Store(time.Now().Add(leaveAlone).UnixNano())
	return nil, s.troubled(failure("connect to "+s.Address.Address, err))
}

// connect tries the address that answered last, and then the other one, if there
// is another.
func (s *server) connect(ctx context.Context, patience time.Duration) (net.Conn, error) {
	if s.line != nil {
		return s.line.Dial(ctx, patience)
	}
	dialer := net.Dialer{Timeout: patience}
	if s.First == "" {
		return dialer.DialContext(ctx, s.Network, s.Address.Address)
	}
	moved := s.moved.Load()
	first, second := s.First, s.Second
	if moved {
		first, second = second, first
	}
	raw, failed := dialer.DialContext(ctx, s.Network, first)
	if failed == nil {
		return raw, nil
	}
	raw, err := dialer.DialContext(ctx, s.Network, second)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	s.moved.Store(!moved)
	return raw, nil
}

// asked is the address that was asked last.
func (s *server) asked() string {
	switch {
	case s.First == "":
		return s.Address.Address
	case s.moved.Load():
		return s.Second
	}
	return s.First
}
