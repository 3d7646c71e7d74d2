// Package proxyheader reads and writes what a proxy says of a client before the client's own
// bytes: the PROXY protocol, versions 1 and 2 (haproxy.org/download/2.9/doc/proxy-protocol.txt).
package proxyheader

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"

	"edgegen/internal/dataplane/h3"
)

// Client is what a header says of a client.
type Client struct {
	// Peer is the client's address: the local host where the header names nobody.
	Peer netip.Addr
	// Named tells that the header names the client. Address is then as it names it.
	Named   bool
	Address netip.AddrPort

	// HTTPS tells that the client speaks TLS. TLS is the version that it has agreed upon, 0
	// where the header does not say.
	HTTPS bool
	TLS   uint16
	// Protocol and Connection are those of Header, but that Protocol is named as the access
	// log does.
	Protocol   string
	Connection string
}

// localhost is who speaks where nobody else is named.
func localhost() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// Read reads a header, and nothing behind it.
func Read(r *bufio.Reader) (Client, error) {
	from := Client{Peer: localhost()}
	if start, err := r.Peek(14); err == nil && string(start[:12]) == two && start[12]&^1 == 0x20 && start[13]>>4 == 0 {
		return from, skipUnspecified(r)
	}
	h, err := proxyproto.Read(r)
	if err != nil {
		return from, err
	}
	source, ok := h.SourceAddr.(*net.TCPAddr)
	if !ok || h.Command.IsLocal() {
		return from, nil
	}
	if a, ok := netip.AddrFromSlice(source.IP); ok {
		from.Peer = a.Unmap()
		from.Address, from.Named = netip.AddrPortFrom(from.Peer, uint16(source.Port)), true
	}
	fields, err := h.TLVs()
	if err != nil {
		return from, nil
	}
	from.TLS, from.Connection, from.HTTPS = tlsIn(fields)
	from.Protocol = muxedIn(fields)
	return from, nil
}

// muxedIn is the version of HTTP with many requests at a time that a header names by ALPN,
// as the access log does; "" for none.
func muxedIn(fields []proxyproto.TLV) string {
	for _, f := range fields {
		if f.Type != proxyproto.PP2_TYPE_ALPN {
			continue
		}
		switch string(f.Value) {
		case "h2":
			return "HTTP/2.0"
		case h3.ProtocolName:
			return "HTTP/3.0"
		}
	}
	return ""
}

// skipUnspecified skips a header of version 2 about a protocol that has no addresses:
// the connection is from whoever sends it.
func skipUnspecified(r *bufio.Reader) error {
	start, err := r.Peek(16)
	if err != nil {
		return err
	}
	_, err = r.Discard(16 + int(binary.BigEndian.Uint16(start[14:])))
	return err
}

// tlsIn returns the version of TLS that a header names, of those that edgegen speaks, what it
// knows the connection by, and whether it speaks of TLS at all.
func tlsIn(fields []proxyproto.TLV) (version uint16, connection string, spoken bool) {
	said, ok := tlvparse.FindSSL(fields)
	if !ok || !said.ClientSSL() {
		return 0, "", false
	}
	connection, _ = said.ClientCN()
	named, _ := said.SSLVersion()
	return VersionNamed(named), connection, true
}
