package upstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edgegen/internal/dataplane/wire"
)

// Trace tells what a round trip did.
type Trace struct {
	Server string // the last one that was tried
	Took   time.Duration
	// Careless is set once for a server that has sent more than its answers'
	// framing allows. No connection to it is kept for a while.
	Careless bool
}

// RoundTrip sends a request and returns the response; its body streams, and
// has to be closed. A request that may be repeated is tried once more, on
// another connection or server, where no byte of an answer has come. The
// request's hop-by-hop fields are the caller's to remove. A body that is no
// *wire.Bytes is sent as it comes; it may be sent again if it is a Rewinder.
// An app that speaks FastCGI may have no script for the request, which is
// fastcgi.ErrNoScript or static.ErrSlash; see Group.FastCGI.
// req.Body is not read any more once RoundTrip has failed, or the response's
// body is closed.
//
// Where the answer comes before req.Body was read to its end, closing the
// response calls Abort of a body that is an Aborter and waits for the read
// under way.
func (g *Group) RoundTrip(ctx context.Context, req *wire.Request, t Timeouts) (*wire.Response, Trace, error) {
	var trace Trace
	start := time.Now()
	out, err := g.outgoing(req)
	if err != nil {
		return nil, trace, err
	}
	var last *member
	for attempt := 0; ; attempt++ {
		s, noServer := g.pick(last, req.Header)
		if noServer != nil {
			if err == nil {
				err = noServer
			}
			return nil, trace, err
		}
		var response *wire.Response
		var again bool
		response, again, err = s.try(ctx, out, t, attempt > 0, len(g.now().members) > 1)
		trace.Server, trace.Took = s.asked(), time.Since(start)
		trace.Careless = trace.Careless || s.trust.told()
		if err == nil {
			s.answered()
			g.remember(s, req.Header, &response.Header)
			return response, trace, nil
		}
		_ = s.troubled(err)
		if !again || attempt > 0 || ctx.Err() != nil {
			return response, trace, err
		}
		if rewound := out.rewind(); rewound != nil {
			return nil, trace, fmt.Errorf("%w: %w", err, rewound)
		}
		last = s
	}
}

// Expect counts a request as one of each server of the group, before one of them
// is chosen, until the returned function is called.
func (g *Group) Expect() (noMore func()) {
	servers := g.now().servers
	for _, s := range servers {
		s.open.Add(1)
	}
	return func() {
		for _, s := range servers {
			s.open.Add(-1)
		}
	}
}

// try is one attempt on one server. again tells that another attempt is allowed: nothing
// of this one can have had an effect, or the method permits it. A kept connection that
// turns out unfit before anything is sent is no attempt. The exchange counts as work of
// the server already, and does so until it has ended.
func (s *server) try(ctx context.Context, o *outgoing, t Timeouts, fresh, others bool) (r *wire.Response, again bool, err error) {
	defer func() {
		if err != nil {
			s.end()
		}
	}()
	for {
		var c *conn
		if !fresh && o.fastcgi == nil {
			c = s.take()
		}
		if c == nil {
			if c, err = s.dial(ctx, t); err != nil {
				return nil, !errors.Is(err, ErrTimeout) || others, err
			}
		}
		r, again, err = c.exchange(ctx, o, t)
		if errors.Is(err, errUnasked) {
			s.mistrust()
		}
		if !errors.Is(err, errUnasked) && !errors.Is(err, errClosed) {
			return r, again, err
		}
	}
}

// exchange asks on this connection. again is as for try.
func (c *conn) exchange(ctx context.Context, o *outgoing, t Timeouts) (r *wire.Response, again bool, err error) {
	stop := c.watch(ctx)
	sending, err := c.write(o, t)
	if err == nil {
		r, err = c.read(o, t, stop, sending)
	}
	if err == nil {
		return r, false, nil
	}
	stop()
	c.close()
	if sending != nil && sending.failed.Load() && errors.Is(sending.err, ErrClient) {
		err = sending.err
	}
	sending.cancel()
	if ctx.Err() != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrClient, ctx.Err())
	}
	return nil, o.repeatable() && !errors.Is(err, ErrTimeout), err
}
