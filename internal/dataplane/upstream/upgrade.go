package upstream

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"edgegen/internal/dataplane/wire"
)

// Switched is a connection on which a server speaks another protocol now.
type Switched struct {
	net.Conn
	Header wire.Header // of the 101
	Early  []byte      // what the server sent behind its 101
	server *server     // that counts it; nil once it is closed
}

// Close ends the connection. It may be called again, by the same goroutine.
func (s *Switched) Close() error {
	if s.server != nil {
		s.server.end()
		s.server = nil
	}
	return s.Conn.Close()
}

// Upgrade sends a handshake on a connection of its own. Exactly one of its
// first two results is set where there is no error: the connection after a
// 101, or else the server's ordinary response, whose connection is never used
// again. req has no body; its Connection and Upgrade fields are sent as they
// are. A server that cannot be reached is replaced by another once. The caller
// closes what it gets.
func (g *Group) Upgrade(ctx context.Context, req *wire.Request, t Timeouts) (*Switched, *wire.Response, Trace, error) {
	var trace Trace
	start := time.Now()
	var last *member
	var failed error
	for attempt := 0; ; attempt++ {
		s, err := g.pick(last, req.Header)
		if err != nil {
			return nil, nil, trace, cmp.Or(failed, err)
		}
		trace.Server = s.server.Address.Address
		c, err := s.dial(ctx, t)
		if err != nil {
			s.end()
			if last, failed = s, err; attempt == 0 && ctx.Err() == nil {
				continue
			}
			return nil, nil, trace, err
		}
		switched, response, err := c.upgrade(ctx, &outgoing{Request: req}, t)
		trace.Took = time.Since(start)
		switch {
		case err != nil:
			s.end()
			_ = s.troubled(err)
		case switched != nil:
			s.answered()
			g.remember(s, req.Header, &switched.Header)
		default:
			s.answered()
			g.remember(s, req.Header, &response.Header)
		}
		return switched, response, trace, err
	}
}

func (c *conn) upgrade(ctx context.Context, o *outgoing, t Timeouts) (*Switched, *wire.Response, error) {
	stop := c.watch(ctx)
	switched, response, err := c.handshake(o, t, stop)
	if err != nil || switched != nil && !stop() {
		stop()
		c.close()
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ErrClient, ctx.Err())
		}
		return nil, nil, err
	}
	return switched, response, nil
}

func (c *conn) handshake(o *outgoing, t Timeouts, stop func() bool) (*Switched, *wire.Response, error) {
	if _, err := c.write(o, t); err != nil {
		return nil, nil, err
	}
	for range maxInterim {
		text, err := c.head(t, nil)
		if err != nil {
			return nil, nil, failure("read the response", err)
		}
		head, err := wire.ParseResponse(text, nil)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: response: %w", ErrFailed, err)
		}
		if head.Status == http.StatusSwitchingProtocols {
			if !head.Header.Contains("Upgrade", "websocket") {
				return nil, nil, fmt.Errorf("%w: switches to another protocol", ErrFailed)
			}
			_ = c.SetReadDeadline(time.Time{})
			early := append([]byte(nil), c.reader.Buffered()...)
			c.reader.Release()
			return &Switched{Conn: c.Conn, Header: head.Header, Early: early, server: c.server}, nil, nil
		}
		if head.Status >= 200 {
			head.Keep = false
			r, err := c.response(o, head, t, stop, nil)
			return nil, r, err
		}
	}
	return nil, nil, fmt.Errorf("%w: too many interim responses", ErrFailed)
}
