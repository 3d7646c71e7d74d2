package dataplane

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"

	"edgegen/internal/dataplane/h3"
)

// proxiedClient is what a PROXY header says of a client.
type proxiedClient struct {
	peer       netip.Addr // the local host where the header names nobody
	tls        uint16     // the version that it has agreed upon; 0 where the header does not say
	connection string     // as in relayed

	protocol string // likewise

	https   bool           // the header says that it speaks TLS
	named   bool           // the header names the client
	address netip.AddrPort // as it does
}

// readProxy reads a PROXY header, version 1 or 2.
func readProxy(r *bufio.Reader) (proxiedClient, error) {
	from := proxiedClient{peer: localhost}
	if start, err := r.Peek(14); err == nil && string(start[:12]) == proxyTwo && start[12]&^1 == 0x20 && start[13]>>4 == 0 {
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
		from.peer = a.Unmap()
		from.address, from.named = netip.AddrPortFrom(from.peer, uint16(source.Port)), true
	}
	fields, err := h.TLVs()
	if err != nil {
		return from, nil
	}
	from.tls, from.connection, from.https = tlsIn(fields)
	from.protocol = muxedIn(fields)
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
	return versionNamed(named), connection, true
}

// relayed is a client whose connection is handed to a native cache tier.
type relayed struct {
	source, to net.Addr
	// tls is the version of TLS that it has agreed upon, as PROXY headers name it:
	// that of the name in its handshake, which need not be the one that its
	// requests name. It is unknownTLS where whoever is in front of the edge ends TLS,
	// and "" where nobody is known to.
	tls string
	// protocol is the version of HTTP that it has chosen, as ALPN names it, where its
	// requests reach the cache tier as those of HTTP/1.1 all the same; else "".
	protocol string
	// connection is what gate.Keeper knows the client's handshake by; "" where it was
	// asked for no certificate. It travels where a certificate's name would, which the
	// VCL can read, as that may be longer than it takes.
	connection string
}

func (r relayed) peer() netip.Addr { return addressIn(r.source) }

// write writes the PROXY header.
func (r relayed) write(w io.Writer) error {
	header := proxyproto.HeaderProxyFromAddrs(2, overTCP(r.source), overTCP(r.to))
	var fields []proxyproto.TLV
	if r.protocol != "" {
		fields = append(fields, proxyproto.TLV{Type: proxyproto.PP2_TYPE_ALPN, Value: []byte(r.protocol)})
	}
	if r.tls != "" {
		version := proxyproto.TLV{Type: proxyproto.PP2_SUBTYPE_SSL_VERSION, Value: []byte(r.tls)}
		all := []proxyproto.TLV{version}
		if r.connection != "" {
			all = append(all, proxyproto.TLV{Type: proxyproto.PP2_SUBTYPE_SSL_CN, Value: []byte(r.connection)})
		}
		said, err := tlvparse.PP2SSL{Client: tlvparse.PP2_BITFIELD_CLIENT_SSL, Verify: 1, TLV: all}.Marshal()
		if err != nil {
			return err
		}
		fields = append(fields, said)
	}
	if err := header.SetTLVs(fields); err != nil {
		return err
	}
	_, err := header.WriteTo(w)
	return err
}

// overTCP is an address as the header is to have it: varnishd takes none of UDP.
func overTCP(a net.Addr) net.Addr {
	if udp, ok := a.(*net.UDPAddr); ok {
		return net.TCPAddrFromAddrPort(udp.AddrPort())
	}
	return a
}

// unknownTLS is the version where somebody else has agreed upon it.
const unknownTLS = "TLS"

// inProxy names a version as PROXY headers do.
func inProxy(version uint16) string {
	if version == tls.VersionTLS13 {
		return "TLSv1.3"
	}
	return "TLSv1.2"
}

// versionNamed is the version that inProxy names so; 0 for any other name.
func versionNamed(name string) uint16 {
	for _, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12} {
		if name == inProxy(version) {
			return version
		}
	}
	return 0
}
