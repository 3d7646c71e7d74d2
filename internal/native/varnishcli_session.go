package native

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// cliSession is one connection on which varnishd has shown who it is.
type cliSession struct {
	connection net.Conn
	// asked holds one token while a command waits for its reply, so that a
	// reply which nobody asked for is never taken for the next one's.
	asked   chan struct{}
	replies chan Reply
	gone    chan struct{} // closed when the connection has ended
}

// errVarnishGone is the cause when varnishd closes the connection, or a newer
// one takes its place, before it has replied.
var errVarnishGone = errors.New("varnishd closed its command line")

// errVarnishEnded is for what only the varnishd of before could have done.
var errVarnishEnded = errors.New("varnishd has ended meanwhile")

// adopt makes the session the current one, in place of any other.
func (c *VarnishCLI) adopt(session *cliSession, pid int) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.expected != pid {
		return false
	}
	if c.current != nil {
		c.current.connection.Close()
	}
	c.current, c.refused = session, nil
	c.announce()
	return true
}

func (c *VarnishCLI) forget(session *cliSession) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.current == session {
		c.current = nil
	}
}

// refuse keeps the reason for those who wait for varnishd in vain.
func (c *VarnishCLI) refuse(reason error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.refused = reason
}

// announce wakes all who wait for another session or process. The caller holds the mutex.
func (c *VarnishCLI) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// session returns the current session, waiting for one where there is none.
func (c *VarnishCLI) session(ctx context.Context) (*cliSession, error) {
	for {
		c.mutex.Lock()
		current, changed := c.current, c.changed
		c.mutex.Unlock()
		if c.life.Err() != nil {
			return nil, net.ErrClosed
		}
		if current != nil {
			return current, nil
		}
		select {
		case <-changed:
		case <-c.life.Done():
		case <-ctx.Done():
			return nil, c.inVain(ctx.Err())
		}
	}
}

// inVain adds to the error of a wait why nobody has connected.
func (c *VarnishCLI) inVain(err error) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.refused == nil {
		return err
	}
	return fmt.Errorf("%w; the last to dial was turned away: %w", err, c.refused)
}

// Command sends one command with its arguments, quoted as they need to be, and
// returns varnishd's reply whatever its status. It waits for its turn, for
// there is one command at a time, and for varnishd to be connected; ctx bounds
// all of it. Where ctx ends before the reply the connection is given up, since
// the reply would be taken for that of the next command; varnishd may carry
// out the command all the same, and dials again. No argument may hold a NUL
// byte or be "<<".
func (c *VarnishCLI) Command(ctx context.Context, words ...string) (Reply, error) {
	line, err := commandLine(words)
	if err != nil {
		return Reply{}, err
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return Reply{}, fmt.Errorf("varnish %s: wait for the command before it: %w", words[0], ctx.Err())
	}
	session, err := c.session(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("varnish %s: wait for varnishd: %w", words[0], err)
	}
	reply, err := session.exchange(ctx, line)
	if err != nil {
		c.forget(session)
		session.connection.Close()
		return Reply{}, fmt.Errorf("varnish %s: %w", words[0], err)
	}
	return reply, nil
}

// exchange writes the line and waits for the reply.
func (s *cliSession) exchange(ctx context.Context, line string) (Reply, error) {
	defer context.AfterFunc(ctx, func() { s.connection.Close() })()
	s.asked <- struct{}{}
	_, err := s.connection.Write([]byte(line))
	if err == nil {
		select {
		case reply := <-s.replies:
			return reply, nil
		case <-s.gone:
			select {
			case reply := <-s.replies: // its last word
				return reply, nil
			default:
				err = errVarnishGone
			}
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return Reply{}, err
}
