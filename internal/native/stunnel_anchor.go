package native

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// stunnel 5.68 crashes when it has read its file anew and a connection of
// before then names its host, if that connection was the last one in the old
// section of its listener: the callback gives the section up, and with it the
// list of hosts that it reads next. So one connection more is kept in each
// listener's section while such handshakes may be under way. It names no host,
// and is in the middle of its own handshake: no other tier hears of it.

// anchorTime bounds how long stunnel may take to let an anchor in.
const anchorTime = 10 * time.Second

// anchors are the connections of one moment, one in each listener's section.
type anchors struct {
	beat time.Duration // how often one gives a sign of life
	end  chan struct{} // closed when they are not needed any more
}

// Anchor makes ready for Reload or Retire. They call it themselves if the caller has not;
// but while another process takes connections from the same listeners it is too late.
// Call Release if neither follows.
func (s *Stunnel) Anchor(ctx context.Context) error {
	s.mu.Lock()
	there, header := s.anchored != nil, s.setup.Edge.Timeout.Header
	s.mu.Unlock()
	if there {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, anchorTime)
	defer cancel()
	all := &anchors{beat: max(header, time.Second) / 4, end: make(chan struct{})}
	var failed []error
	for _, file := range s.listeners[1:] { // the first one is private
		failed = append(failed, until(ctx, func() error { return s.anchorIn(ctx, all, file) }))
	}
	if err := errors.Join(failed...); err != nil {
		close(all.end)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anchored = all
	return nil
}

// Release lets go of what Anchor holds, once the handshakes of now are over.
func (s *Stunnel) Release() {
	s.mu.Lock()
	all := s.anchored
	s.anchored = nil
	s.mu.Unlock()
	if all == nil {
		return
	}
	s.background.Go(func() {
		defer close(all.end)
		select {
		case <-time.After(8 * all.beat): // twice what stunnel lets a handshake wait
		case <-s.closed:
		}
	})
}

// anchorIn returns when stunnel has answered, or will not.
func (s *Stunnel) anchorIn(ctx context.Context, all *anchors, file *os.File) error {
	address, err := dialable(file)
	if err != nil {
		return err
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("keep a connection to %s: %w", address, err)
	}
	held := &anchored{Conn: connection, anchors: all, answered: make(chan struct{}), closed: s.closed}
	s.hold(connection)
	over := make(chan error, 1)
	s.background.Go(func() {
		defer s.letGo(connection)
		over <- tls.Client(held, &tls.Config{InsecureSkipVerify: true}).Handshake() // which never succeeds
	})
	select {
	case <-held.answered:
		return nil
	case err := <-over:
		return fmt.Errorf("keep a connection to %s: %w", address, s.short.judge(err))
	case <-ctx.Done():
		_ = connection.Close() // the handshake ends with it
		return fmt.Errorf("keep a connection to %s: %w", address, context.Cause(ctx))
	}
}

func (s *Stunnel) hold(connection net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, connection)
}

func (s *Stunnel) letGo(connection net.Conn) {
	s.mu.Lock()
	s.held = slices.DeleteFunc(s.held, func(other net.Conn) bool { return other == connection })
	s.mu.Unlock()
	_ = connection.Close() // nothing was sent that matters
}

// anchorsIn counts the anchors that the process has. Another one may have let
// one in where both take connections from the listener, or it may be closed.
func (s *Stunnel) anchorsIn(pid int) (count int) {
	s.mu.Lock()
	all := slices.Clone(s.held)
	s.mu.Unlock()
	for _, connection := range all {
		_, inode, err := otherEnd(connection)
		if err != nil {
			continue
		}
		if holds, err := holdsSocket(pid, inode); err == nil && holds {
			count++
		}
	}
	return count
}

// anchored is a connection whose handshake gets as far as the server's answer.
type anchored struct {
	net.Conn
	*anchors
	begun    bool
	once     sync.Once
	answered chan struct{}
	closed   <-chan struct{}
}

// Write sends the first message, and of the second a byte now and then.
func (a *anchored) Write(p []byte) (int, error) {
	if !a.begun {
		a.begun = true
		return a.Conn.Write(p)
	}
	a.once.Do(func() { close(a.answered) })
	for i := 0; ; i++ {
		select {
		case <-a.end:
			return 0, net.ErrClosed
		case <-a.closed:
			return 0, net.ErrClosed
		case <-time.After(a.beat):
		}
		if i < len(p)-1 { // never the whole
			if _, err := a.Conn.Write(p[i : i+1]); err != nil {
				return 0, err
			}
		}
	}
}

// dialable is where a listener is reached from this machine.
func dialable(file *os.File) (string, error) {
	listener, err := net.FileListener(file)
	if err != nil {
		return "", fmt.Errorf("look at a listener: %w", err)
	}
	defer listener.Close() // a duplicate
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return "", fmt.Errorf("%s is no TCP listener", listener.Addr())
	}
	switch {
	case !address.IP.IsUnspecified():
	case address.IP.To4() != nil:
		address.IP = net.IPv4(127, 0, 0, 1)
	default:
		address.IP = net.IPv6loopback
	}
	return address.String(), nil
}
