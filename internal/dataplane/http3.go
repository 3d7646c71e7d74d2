package dataplane

import (
	"crypto/tls"
	"net"
	"os"

	"edgegen/internal/dataplane/h3"
	"edgegen/internal/dataplane/sitetls"
)

// Endpoint is a UDP socket that HTTP/3 is served on.
type Endpoint = h3.Endpoint

// NewEndpoint makes one of a socket, of which file stays the caller's.
func NewEndpoint(file *os.File) (*Endpoint, error) { return h3.NewEndpoint(file) }

// http3 serves HTTP/3 on one connection.
type http3 struct{ streams }

// http3 serves a connection of a QUIC door until it ends.
func (p *Plane) http3(in *h3.Incoming, d *door) {
	peer := addressOf(in)
	if p.model.Load().edge.Announces(peer) {
		return // it would have to say who the client is, and cannot (F6)
	}
	agreed := in.TLS()
	chosen, _ := in.Note().(*sitetls.Site)
	c := &http3{streams{plane: p, door: d, peer: peer, tls: agreed.Version, shown: chosen.Handshake(agreed), protocol: "HTTP/3.0"}}
	c.run(h3.New(in, c, &p.http3s), in, in.RemoteAddr(), agreed)
}

// Serve answers a request.
func (c *http3) Serve(s *h3.Stream) {
	e := c.take(s, &s.Request)
	s.User = e
	c.answer(e, &s.Request)
}

// Ended writes the access log and gives the request's memory back.
func (c *http3) Ended(s *h3.Stream) { c.ended(s.User.(*stream)) }

// quicDoors makes a door of each socket that HTTP/3 is served on.
func (p *Plane) quicDoors(all []*h3.Endpoint) []*door {
	var out []*door
	for _, e := range all {
		out = append(out, &door{Listener: e.Door(p.quicConfig, p.admission), usage: forHTTP3})
	}
	return out
}

// quicConfig is the TLS configuration for a client that comes by QUIC.
func (p *Plane) quicConfig(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	chosen, err := p.named(hello)
	if err != nil {
		return nil, err
	}
	h3.Note(hello.Context(), chosen)
	config := chosen.Config.Clone()
	config.NextProtos, config.MinVersion = []string{h3.ProtocolName}, tls.VersionTLS13
	return config, nil
}

// admission lets in as many connections as a TCP listener does. Those beyond the limit
// are told so.
func (p *Plane) admission(net.Addr) h3.Admission {
	edge := p.model.Load().edge
	return h3.Admission{Connections: edge.Limits.Connections + refusals, Handshake: edge.Timeout.Header}
}
