package dataplane

import (
	"bufio"
	"bytes"
	"net"
	"time"

	"edgegen/internal/dataplane/proxyheader"
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
	header, err := proxyheader.Take(c)
	if err == nil {
		var client proxyheader.Client
		if client, err = proxyheader.Read(bufio.NewReader(bytes.NewReader(header))); err == nil {
			_ = c.SetReadDeadline(time.Time{})
			if client.Named {
				from = net.TCPAddrFromAddrPort(client.Address)
			}
			return from, true
		}
	}
	p.log.Debug("proxy header", "peer", c.RemoteAddr().String(), "error", err)
	return from, false
}
