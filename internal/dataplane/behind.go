package dataplane

import (
	"bufio"
	"net"
	"time"

	"edgegen/internal/dataplane/proxyheader"
)

// behind serves one connection of a plain listener on which the sites are served, because
// somebody in front of the edge ends TLS. from is the client as far as that is known
// already. A trusted peer may begin with a PROXY header, unless proxy_protocol names the
// peers that do. A request of a trusted peer came to it over TLS unless it says
// otherwise; a request of anybody else is plain HTTP.
func (p *Plane) behind(v *visit, client net.Addr) {
	conn := v.Conn
	m := p.model.Load()
	from := proxyheader.Header{Source: client, To: conn.LocalAddr()}
	var early []byte
	if m.decide.Trusts(addressOf(conn)) {
		from.TLS = proxyheader.UnknownTLS
		_ = conn.SetReadDeadline(time.Now().Add(m.edge.Timeout.Header))
		reader := bufio.NewReaderSize(conn, 512)
		if len(m.edge.Announced) == 0 && proxyheader.Begins(reader) {
			client, err := proxyheader.Read(reader)
			if err != nil {
				p.log.Debug("proxy header", "peer", conn.RemoteAddr().String(), "error", err)
				return
			}
			if client.Named {
				from.Source = net.TCPAddrFromAddrPort(client.Address)
			}
		}
		early, _ = reader.Peek(reader.Buffered())
		_ = conn.SetReadDeadline(time.Time{})
	}
	if p.front == nil {
		p.relay(v, conn, from, early...)
		return
	}
	serve := p.front.serve
	if p.crowded(conn) {
		serve = full
	}
	p.http1(v, &http1{Conn: conn, peer: addressIn(from.Source), https: from.TLS != "", serve: serve, log: true}, early...)
}
