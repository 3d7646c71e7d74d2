package backends

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	headMost    = 64 << 10 // of an answer to a check
	interimMost = 8
)

// ask puts one question to an endpoint. It returns nil if the answer says that the server
// is well. The answer's body is not read.
func (c *check) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	status, err := c.status(ctx)
	var timeout net.Error
	switch {
	case err != nil && (ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout()):
		return fmt.Errorf("no answer within %s", c.timeout)
	case err != nil:
		return tersely(err)
	case !c.health.Good(status):
		return fmt.Errorf("it answers %d", status)
	}
	return nil
}

// tersely leaves the addresses out of an error of the network.
func tersely(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		if call := (*os.SyscallError)(nil); errors.As(op.Err, &call) {
			return call.Err
		}
		return op.Err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends the connection without an answer")
	}
	return err
}

func (c *check) status(ctx context.Context) (int, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return 0, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if c.script != nil {
		return c.script(conn)
	}
	if c.secure != nil {
		secured := tls.Client(conn, c.secure)
		if err := secured.HandshakeContext(ctx); err != nil {
			return 0, err
		}
		conn = secured
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: https\r\nUser-Agent: health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		c.path, c.host); err != nil {
		return 0, err
	}
	answer := bufio.NewReader(io.LimitReader(conn, headMost))
	for range interimMost {
		response, err := http.ReadResponse(answer, &http.Request{Method: http.MethodGet})
		if err != nil {
			return 0, err
		}
		if response.StatusCode >= 200 {
			return response.StatusCode, nil
		}
	}
	return 0, errors.New("it gives interim answers alone")
}

// dial connects; a name with two addresses listens at one of them.
func (c *check) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	if c.first == "" {
		return dialer.DialContext(ctx, c.network, c.at)
	}
	conn, err := dialer.DialContext(ctx, c.network, c.first)
	if err == nil {
		return conn, nil
	}
	return dialer.DialContext(ctx, c.network, c.second)
}
