package dataplane

import (
	"bufio"
	"bytes"
	"net"
	"time"
)

// behind serves one connection of a plain listener on which the sites are served, because
// somebody in front of the edge ends TLS. from is the client as far as that is known
// already. A trusted peer may begin with a PROXY header, unless proxy_protocol names the
// peers that do. A request of a trusted peer came to it over TLS unless it says
// otherwise; a request of anybody else is plain HTTP.
func (p *Plane) behind(v *visit, client net.Addr) {
	conn := v.Conn
	m := p.model.Load()
	from := relayed{source: client, to: conn.LocalAddr()}
	var early []byte
	if m.decide.Trusts(addressOf(conn)) {
		from.tls = unknownTLS
		_ = conn.SetReadDeadline(time.Now().Add(m.edge.Timeout.Header))
		reader := bufio.NewReaderSize(conn, 512)
		if len(m.edge.Announced) == 0 && beginsWithProxy(reader) {
			client, err := readProxy(reader)
			if err != nil {
				p.log.Debug("proxy header", "peer", conn.RemoteAddr().String(), "error", err)
				return
			}
			if client.named {
				from.source = net.TCPAddrFromAddrPort(client.address)
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
	p.http1(v, &http1{Conn: conn, peer: from.peer(), https: from.tls != "", serve: serve, log: true}, early...)
}

// beginsWithProxy reports whether what comes is a PROXY header of either version
// (haproxy.org/download/2.9/doc/proxy-protocol.txt, 2). It reads no further than
// it takes to tell that from a request.
func beginsWithProxy(r *bufio.Reader) bool {
	for _, signature := range [][]byte{[]byte("PROXY "), []byte("\r\n\r\n\x00\r\nQUIT\n")} {
		for n := 1; n <= len(signature); n++ {
			got, err := r.Peek(n)
			if err != nil || !bytes.HasPrefix(signature, got) {
				break
			}
			if n == len(signature) {
				return true
			}
		}
	}
	return false
}
