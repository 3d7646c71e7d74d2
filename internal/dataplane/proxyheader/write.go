package proxyheader

import (
	"crypto/tls"
	"io"
	"net"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"
)

// Header is what is said of a client whose connection is handed to a native cache tier.
type Header struct {
	Source, To net.Addr
	// TLS is the version of TLS that the client has agreed upon, as PROXY headers name it. It
	// is UnknownTLS where whoever is in front of the edge ends TLS, and "" where the client is
	// not known to speak TLS.
	TLS string
	// Protocol is the version of HTTP that the client has chosen, as ALPN names it, if that is
	// not the version in which its requests reach the cache tier; else "".
	Protocol string
	// Connection is the name under which gate.Keeper has the client's handshake; "" where the
	// client was asked for no certificate. It travels in the field for the subject of a
	// certificate, which the VCL can read. The subject itself may be too long for that field.
	Connection string
}

// Write writes the header, of version 2.
func (h Header) Write(w io.Writer) error {
	header := proxyproto.HeaderProxyFromAddrs(2, overTCP(h.Source), overTCP(h.To))
	var fields []proxyproto.TLV
	if h.Protocol != "" {
		fields = append(fields, proxyproto.TLV{Type: proxyproto.PP2_TYPE_ALPN, Value: []byte(h.Protocol)})
	}
	if h.TLS != "" {
		version := proxyproto.TLV{Type: proxyproto.PP2_SUBTYPE_SSL_VERSION, Value: []byte(h.TLS)}
		all := []proxyproto.TLV{version}
		if h.Connection != "" {
			all = append(all, proxyproto.TLV{Type: proxyproto.PP2_SUBTYPE_SSL_CN, Value: []byte(h.Connection)})
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

// UnknownTLS stands for the version of TLS where somebody else has agreed upon it.
const UnknownTLS = "TLS"

// Version names a version of TLS as PROXY headers do.
func Version(version uint16) string {
	if version == tls.VersionTLS13 {
		return "TLSv1.3"
	}
	return "TLSv1.2"
}

// VersionNamed is the version of TLS that Version names so; 0 for any other name.
func VersionNamed(name string) uint16 {
	for _, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12} {
		if name == Version(version) {
			return version
		}
	}
	return 0
}
