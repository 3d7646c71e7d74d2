package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Patience is how long a client waits for an answer.
const Patience = 60 * time.Second

// Answer is what a client got.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Connection is a client's connection to a site. It sends one request at a
// time, and never one twice.
type Connection struct {
	Serial int64 // of the certificate that it was shown
	Closed bool  // there is no further answer to be had
	host   string
	tls    *tls.Conn
	reader *bufio.Reader
	http2  *http.ClientConn // nil where HTTP/1.1 is spoken
}

// Dial connects to the site of that host at a TLS listener, and speaks HTTP/1.1.
func Dial(address, host string) (*Connection, error) { return dial(address, host, "http/1.1") }

func dial(address, host, protocol string) (*Connection, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	conn, err := dialTLS(ctx, address, host, protocol)
	if err != nil {
		return nil, err
	}
	state := conn.ConnectionState()
	c := &Connection{Serial: state.PeerCertificates[0].SerialNumber.Int64(), host: host, tls: conn, reader: bufio.NewReader(conn)}
	if protocol != "h2" {
		return c, nil
	}
	if state.NegotiatedProtocol != protocol {
		c.Close()
		return nil, errors.New("the edge does not speak HTTP/2")
	}
	transport := &http.Transport{ForceAttemptHTTP2: true,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	if c.http2, err = transport.NewClientConn(ctx, "https", net.JoinHostPort(host, "443")); err != nil {
		c.Close()
		return nil, fmt.Errorf("begin HTTP/2: %w", err)
	}
	return c, nil
}

func dialTLS(ctx context.Context, address, host, protocol string) (*tls.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	// Who the edge is, is not the question; which certificate it shows is. The keys
	// are agreed on in the cheapest way: a load is one for the edge, not for the test.
	conn := tls.Client(raw, &tls.Config{ServerName: host, InsecureSkipVerify: true, NextProtos: []string{protocol},
		CurvePreferences: []tls.CurveID{tls.X25519}})
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error says more
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return conn, nil
}

// Begin connects to the site of that host at a TLS listener, sends a text and
// leaves the answer to the caller.
func Begin(address, host, text string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	conn, err := dialTLS(ctx, address, host, "http/1.1")
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		_ = conn.Close() // that it could not be sent says more
		return nil, fmt.Errorf("send: %w", err)
	}
	return conn, nil
}

// Get asks for a path and reads the whole answer.
func (c *Connection) Get(path string) (Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	response, err := c.Send(ctx, path)
	if err != nil {
		return Answer{}, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("read the body: %w", err)
	}
	c.Closed = response.Close || c.ended()
	return Answer{Status: response.StatusCode, Header: response.Header, Body: string(body)}, nil
}

// ended reports whether there is no further answer to be had.
func (c *Connection) ended() bool { return c.Closed || c.http2 != nil && c.http2.Err() != nil }

// Send asks for a path and reads the head of the answer.
func (c *Connection) Send(ctx context.Context, path string) (*http.Response, error) {
	if c.http2 != nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+c.host+path, nil)
		if err != nil {
			return nil, err
		}
		return c.http2.RoundTrip(request)
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.tls.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	if _, err := fmt.Fprintf(c.tls, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, c.host); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return nil, fmt.Errorf("read the head: %w", err)
	}
	return response, nil
}

// Close ends the connection.
func (c *Connection) Close() { _ = c.tls.Close() } // nothing is on its way

// Get asks for a path of a site on a connection of its own, and returns the
// serial number of the certificate too.
func Get(address, host, path string) (Answer, int64, error) {
	connection, err := Dial(address, host)
	if err != nil {
		return Answer{}, 0, err
	}
	defer connection.Close()
	answer, err := connection.Get(path)
	return answer, connection.Serial, err
}
