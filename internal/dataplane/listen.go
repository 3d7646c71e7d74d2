package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"edgegen/internal/dataplane/h2"
	"edgegen/internal/dataplane/proxyheader"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/wait"
)

// refusals is how many connections beyond the limit get an answer that says so. Further
// ones are closed at once.
const refusals = 128

// accept takes connections from a door and serves each in a goroutine of its
// own, until the door is closed.
func (p *Plane) accept(d *door) error {
	for {
		conn, err := d.Accept()
		if err != nil {
			if d.closing.Load() || errors.Is(err, net.ErrClosed) {
				return nil
			}
			var passing interface{ Temporary() bool }
			if !errors.As(err, &passing) || !passing.Temporary() {
				return fmt.Errorf("accept on %s: %w", d.Addr(), err)
			}
			p.log.Warn("accept", "listener", d.Addr().String(), "error", err)
			if !wait.For(p.ended, 20*time.Millisecond) { // out of descriptors: some are about to be closed
				return nil
			}
			continue
		}
		limit := p.model.Load().edge.Limits.Connections
		if d.public() && !p.connections.Enter(limit+refusals) {
			conn.Close()
			continue
		}
		v := &visit{Conn: conn, door: d, plane: p}
		p.tasks.Go(func() { p.receive(v) })
	}
}

// survive is deferred by whoever serves a connection: a fault there must not end the
// others.
func (p *Plane) survive(peer netip.Addr) { p.tell(peer, recover()) }

// tell logs a fault of which a goroutine has recovered; nil is none.
func (p *Plane) tell(peer netip.Addr, fault any) {
	if fault != nil {
		p.log.Error("a connection was closed because of a fault in edgegen", "peer", peer.String(), "fault", fault, "stack", string(debug.Stack()))
	}
}

// crowded reports that there are more connections than the limit, of which
// this is one.
func (p *Plane) crowded(c net.Conn) bool {
	return p.connections.Open() > int64(p.model.Load().edge.Limits.Connections) && !isProbe(c)
}

// https serves one connection of a public TLS listener, which is from a client.
func (p *Plane) https(v *visit, from net.Addr) {
	raw := v.Conn
	t := p.model.Load().edge.Timeout
	under, socket := raw, (*h2.Socket)(nil)
	if tcp, ok := raw.(*net.TCPConn); ok {
		var err error
		if socket, err = h2.NewSocket(tcp); err != nil {
			return // closed meanwhile
		}
		under = socket
	}
	conn := tls.Server(under, p.tls)
	asked := new(asker)
	ctx, cancel := context.WithTimeout(context.WithValue(p.ended, asker{}, asked), t.Header)
	err := conn.HandshakeContext(ctx)
	cancel()
	if err != nil {
		p.log.Debug("tls handshake", "peer", raw.RemoteAddr().String(), "error", err)
		return
	}
	v.atEnd(func() { conn.Close() })
	agreed := conn.ConnectionState()
	if agreed.NegotiatedProtocol == ChallengeProtocol {
		return // the handshake was all that an authority wanted
	}
	shown := asked.by.Handshake(agreed)
	if p.front == nil && isProbe(raw) { // which asks this tier alone
		return
	}
	if agreed.NegotiatedProtocol == "h2" {
		c := &http2{streams: streams{plane: p, door: v.door, peer: addressIn(from), tls: agreed.Version, shown: shown, protocol: "HTTP/2.0"}}
		c.run(h2.New(p.ended, conn, socket, c, &p.batches), raw, from, agreed)
		return
	}
	if p.front == nil {
		client, leave := p.relayedFrom(from, conn.LocalAddr(), agreed, shown)
		v.atEnd(leave)
		p.relay(v, conn, client)
		return
	}
	serve := p.front.serve
	if p.crowded(raw) {
		serve = full
	}
	p.http1(v, &http1{Conn: conn, peer: addressIn(from), tls: agreed.Version, https: true, shown: shown, serve: serve, log: true})
}

// full answers on a connection beyond the limit.
func full(x *exchange) answer {
	x.Client, x.cache, x.tier = x.Peer, "PASS", "cache"
	a := passed(http.StatusServiceUnavailable)
	a.close = true
	return a
}

// http1 serves HTTP/1.x on a connection, of which early was read already.
func (p *Plane) http1(v *visit, c *http1, early ...byte) {
	c.visit, c.door = v, v.door
	c.plane, c.probe = p, isProbe(c.Conn)
	c.ctx, c.cancel = newLeaving(p.ended)
	c.reader = wire.NewReader(c.Conn, &p.buffers)
	c.reader.Prime(early)
	c.idle.Store(true)
	p.track.http1(c)
	defer p.track.forget(c)
	c.run()
}

// proxied serves one connection of the cache socket: a PROXY header first.
func (p *Plane) proxied(v *visit) {
	conn := v.Conn
	header := time.Now().Add(p.model.Load().edge.Timeout.Header)
	_ = conn.SetReadDeadline(header)
	front := bufio.NewReaderSize(conn, 512)
	from, err := proxyheader.Read(front)
	if err != nil {
		p.log.Debug("proxy header", "error", err)
		return
	}
	serve := p.front.serve
	if p.crowded(conn) {
		serve = full
	}
	early, _ := front.Peek(front.Buffered())
	https := from.HTTPS || !p.model.Load().edge.Plain()
	p.http1(v, &http1{Conn: conn, peer: from.Peer, tls: from.TLS, https: https, shown: p.options.Gates.Handshake(from.Connection), over: from.Protocol, serve: serve, log: true}, early...)
}

var localhost = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// addressOf is a connection's peer; the local host where it has no address.
func addressOf(c net.Conn) netip.Addr { return addressIn(c.RemoteAddr()) }

func addressIn(from net.Addr) netip.Addr {
	var ip net.IP
	switch at := from.(type) {
	case *net.TCPAddr:
		ip = at.IP
	case *net.UDPAddr:
		ip = at.IP
	}
	if a, ok := netip.AddrFromSlice(ip); ok {
		return a.Unmap()
	}
	return localhost
}
