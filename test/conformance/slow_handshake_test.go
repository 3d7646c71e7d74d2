package conformance

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// slowHandshakeCases are E6 for what comes before a head: timeouts.header, 1s
// there, holds for a whole handshake as well, however often a byte of it comes.
func slowHandshakeCases() []contractCase {
	return []contractCase{
		{clause: "E6", name: "a ClientHello byte by byte", edge: "quick", run: func(a *attempt) { slowHandshake(a, 0, tls.VersionTLS13) }},
		{clause: "E6", name: "the end of a handshake byte by byte", edge: "quick", run: func(a *attempt) { slowHandshake(a, 1, tls.VersionTLS13) }},
		{clause: "E6", name: "the end of a TLS 1.2 handshake byte by byte", edge: "quick", run: func(a *attempt) { slowHandshake(a, 1, tls.VersionTLS12) }},
	}
}

// slowHandshake sends so many of the client's messages at once, and a byte now
// and then of what follows.
func slowHandshake(a *attempt, atOnce int, version uint16) {
	begin := time.Now()
	slow := &slowClient{Conn: a.dial("127.0.0.1", a.edge.https), atOnce: atOnce}
	err := tls.Client(slow, &tls.Config{ServerName: "quick.test", InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}).Handshake()
	// A client that is itself through with TLS 1.3 is not told.
	for err == nil && time.Since(begin) < patience {
		_, err = slow.Read(make([]byte, 1024))
	}
	var late net.Error
	if took := time.Since(begin); err == nil || errors.As(err, &late) && late.Timeout() || took > 6*time.Second {
		a.errorf("%v after %v", err, took)
	}
	if slow.sent == 0 {
		a.errorf("nothing was sent slowly")
	}
}

// slowClient never sends the last byte of what it sends slowly.
type slowClient struct {
	net.Conn
	atOnce int
	sent   int
}

func (c *slowClient) Write(p []byte) (int, error) {
	const short = 20 // there is nothing to be slow about
	if c.atOnce > 0 || len(p) < short {
		c.atOnce--
		return c.Conn.Write(p)
	}
	for _, b := range p[:len(p)-1] {
		if _, err := c.Conn.Write([]byte{b}); err != nil {
			return 0, err
		}
		c.sent++
		time.Sleep(100 * time.Millisecond) // the pause itself is what is tried
	}
	_, err := io.Copy(io.Discard, c.Conn)
	return 0, cmp.Or(err, io.EOF)
}
