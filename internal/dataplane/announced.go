package dataplane

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	proxyOne     = "PROXY "
	proxyTwo     = "\r\n\r\n\x00\r\nQUIT\n"
	proxyOneMost = 107      // bytes, CR LF included
	proxyTwoMost = 16 << 10 // of what follows the first 16 bytes
)

// announced reads the PROXY header with which a connection of a public listener has to
// begin where its peer is one that announces clients. Nothing behind the header is read.
// It returns who the client is, and false if the connection is not to be served. The
// deadline for the header stays in force for what follows it.
func (p *Plane) announced(c net.Conn) (from net.Addr, ok bool) {
	from = c.RemoteAddr()
	edge := p.model.Load().edge
	if isProbe(c) || !edge.Announces(addressOf(c)) {
		return from, true
	}
	_ = c.SetReadDeadline(time.Now().Add(edge.Timeout.Header))
	header, err := takeProxy(c)
	if err == nil {
		var client proxiedClient
		if client, err = readProxy(bufio.NewReader(bytes.NewReader(header))); err == nil {
			_ = c.SetReadDeadline(time.Time{})
			if client.named {
				from = net.TCPAddrFromAddrPort(client.address)
			}
			return from, true
		}
	}
	p.log.Debug("proxy header", "peer", c.RemoteAddr().String(), "error", err)
	return from, false
}

// errNoProxy is about bytes that are no PROXY header.
var errNoProxy = errors.New("no PROXY header")

// takeProxy reads a PROXY header of version 1 or 2, and nothing behind it. The
// shortest one has more bytes than the signature of version 2.
func takeProxy(from io.Reader) ([]byte, error) {
	header := make([]byte, len(proxyTwo), proxyOneMost)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, err
	}
	if string(header) == proxyTwo {
		return takeProxyTwo(from, header)
	}
	if !bytes.HasPrefix(header, []byte(proxyOne)) {
		return nil, errNoProxy
	}
	for !bytes.HasSuffix(header, []byte("\r\n")) {
		if len(header) == proxyOneMost {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", errNoProxy, proxyOneMost)
		}
		n := len(header)
		header = header[:n+1]
		if _, err := io.ReadFull(from, header[n:]); err != nil {
			return nil, err
		}
	}
	return header, nil
}

func takeProxyTwo(from io.Reader, header []byte) ([]byte, error) {
	n := len(header)
	header = append(header, 0, 0, 0, 0)
	if _, err := io.ReadFull(from, header[n:]); err != nil {
		return nil, err
	}
	rest := int(binary.BigEndian.Uint16(header[n+2:]))
	if rest > proxyTwoMost {
		return nil, fmt.Errorf("%w: %d bytes", errNoProxy, rest)
	}
	n = len(header)
	header = append(header, make([]byte, rest)...)
	_, err := io.ReadFull(from, header[n:])
	return header, err
}
