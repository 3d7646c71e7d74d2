package dataplane

import (
	"net"
	"time"

	"edgegen/internal/dataplane/pipe"
)

// abort ends the connection in such a way that the client does not take a cut answer for
// a whole one: without TLS's close_notify, and with a reset where the transport has one.
func (c *http1) abort() {
	raw := c.Conn
	if under, ok := raw.(interface{ NetConn() net.Conn }); ok {
		raw = under.NetConn()
	}
	if tcp, ok := raw.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}

// linger lets the client read the answer before the connection goes: data
// that it still sends would otherwise make a reset of it. Some send all of a
// body before they read.
func (c *http1) linger() {
	if !pipe.CloseWrite(c.Conn) {
		return
	}
	unwanted := make([]byte, 16<<10)
	for until := time.Now().Add(lingerTime); time.Now().Before(until); {
		_ = c.SetReadDeadline(time.Now().Add(lingerPause)) // Read tells of what is wrong
		if _, err := c.Conn.Read(unwanted); err != nil {
			return
		}
	}
}

// These bound for how long a client that has its answer may go on sending what nobody
// wants: in all, and from one byte to the next.
const (
	lingerTime  = 10 * time.Second
	lingerPause = 500 * time.Millisecond
)
