package dataplane

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"
)

// proxiedClient is what a PROXY header says of a client.
type proxiedClient struct {
	peer netip.Addr // the local host where the header names nobody
	tls  uint16     // the version that it has agreed upon; 0 where the header does not say
}

// readProxy reads a PROXY header, version 1 or 2.
func readProxy(r *bufio.Reader) (proxiedClient, error) {
	from := proxiedClient{peer: localhost}
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
	}
	from.tls = tlsVersionIn(h)
	return from, nil
}

// tlsVersionIn returns the version that a header names, of those that edgegen
// speaks.
func tlsVersionIn(h *proxyproto.Header) uint16 {
	fields, err := h.TLVs()
	if err != nil {
		return 0
	}
	said, ok := tlvparse.FindSSL(fields)
	if !ok {
		return 0
	}
	switch version, _ := said.SSLVersion(); version {
	case inProxy(tls.VersionTLS13):
		return tls.VersionTLS13
	case inProxy(tls.VersionTLS12):
		return tls.VersionTLS12
	}
	return 0
}

// writeProxy tells a cache tier who the client is, and what version of TLS it
// has agreed upon: that of the name in its handshake, which need not be the one
// that its requests name.
func writeProxy(w io.Writer, client *tls.Conn) error {
	header := proxyproto.HeaderProxyFromAddrs(2, client.RemoteAddr(), client.LocalAddr())
	version := proxyproto.TLV{Type: proxyproto.PP2_SUBTYPE_SSL_VERSION, Value: []byte(inProxy(client.ConnectionState().Version))}
	said, err := tlvparse.PP2SSL{Client: tlvparse.PP2_BITFIELD_CLIENT_SSL, Verify: 1, TLV: []proxyproto.TLV{version}}.Marshal()
	if err != nil {
		return err
	}
	if err := header.SetTLVs([]proxyproto.TLV{said}); err != nil {
		return err
	}
	_, err = header.WriteTo(w)
	return err
}

// inProxy names a version as PROXY headers do.
func inProxy(version uint16) string {
	if version == tls.VersionTLS13 {
		return "TLSv1.3"
	}
	return "TLSv1.2"
}
