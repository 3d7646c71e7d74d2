package h3

import (
	"net"
	"time"
)

// tunnel is a stream of an extended CONNECT (RFC 9220) as a connection. It can be closed in
// one direction, by CloseWrite.
type tunnel struct{ *Stream }

// Tunnel makes the stream a tunnel, once its head was answered: it has no time limits but
// those that are set, and a body both ways.
func (s *Stream) Tunnel() net.Conn {
	s.conn.mu.Lock()
	if !s.tunnelled {
		s.tunnelled = true
		s.conn.tunnels++
	}
	s.conn.leaveWhenQuiet()
	s.conn.mu.Unlock()
	return tunnel{s}
}

// CloseWrite ends our side.
func (t tunnel) CloseWrite() error {
	_, err := t.WriteLast(nil)
	return err
}

// Close ends both sides, with a reset where ours has not ended.
func (t tunnel) Close() error {
	t.Reset(requestCancelled)
	return nil
}

// LocalAddr is that of the connection.
func (t tunnel) LocalAddr() net.Addr { return t.conn.quic.LocalAddr() }

// RemoteAddr is that of the connection.
func (t tunnel) RemoteAddr() net.Addr { return t.conn.quic.RemoteAddr() }

// SetDeadline sets that of Read; Write has none but the end of the stream.
func (t tunnel) SetDeadline(at time.Time) error { return t.SetReadDeadline(at) }

// SetWriteDeadline does nothing.
func (t tunnel) SetWriteDeadline(time.Time) error { return nil }
