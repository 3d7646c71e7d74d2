package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/pires/go-proxyproto"

	"edgegen/internal/dataplane/wire"
)

// refusals is how many connections beyond the limit are told so; further
// ones are closed at once.
const refusals = 128

// accept takes connections from a listener and serves each in a goroutine of
// its own, until the listener is closed.
func (p *Plane) accept(l net.Listener, public bool, serve func(net.Conn)) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			if p.stopping.Load() || errors.Is(err, net.ErrClosed) {
				return nil
			}
			var passing interface{ Temporary() bool }
			if !errors.As(err, &passing) || !passing.Temporary() {
				return err
			}
			p.log.Warn("accept", "listener", l.Addr().String(), "error", err)
			select { // out of descriptors: some are about to be closed
			case <-time.After(20 * time.Millisecond):
			case <-p.ended.Done():
				return nil
			}
			continue
		}
		limit := p.model.Load().edge.Limits.Connections
		if public && !p.connections.enter(limit+refusals) {
			conn.Close()
			continue
		}
		p.tasks.Go(func() {
			if public {
				defer p.connections.leave()
			}
			defer conn.Close()
			if !p.track.add(conn) {
				return
			}
			defer p.track.remove(conn)
			defer p.survive(conn)
			serve(conn)
		})
	}
}

// survive keeps a mistake in the handling of one connection from ending all
// the others.
func (p *Plane) survive(conn net.Conn) {
	if v := recover(); v != nil {
		p.log.Error("connection ended by a fault", "peer", addressOf(conn).String(), "fault", v, "stack", string(debug.Stack()))
	}
}

// crowded reports that there are more connections than the limit.
func (p *Plane) crowded() bool {
	return p.connections.open.Load() > int64(p.model.Load().edge.Limits.Connections)
}

// https serves one connection of a public TLS listener.
func (p *Plane) https(raw net.Conn, config *tls.Config) {
	t := p.model.Load().edge.Timeout
	conn := tls.Server(raw, config)
	ctx, cancel := context.WithTimeout(p.ended, t.Header)
	err := conn.HandshakeContext(ctx)
	cancel()
	if err != nil {
		p.log.Debug("tls handshake", "peer", raw.RemoteAddr().String(), "error", err)
		return
	}
	defer conn.Close()
	if p.front == nil {
		p.relay(conn)
		return
	}
	if conn.ConnectionState().NegotiatedProtocol == "h2" && !p.crowded() {
		p.h2.run(conn)
		return
	}
	serve := p.front.serve
	if p.crowded() {
		serve = full
	}
	p.http1(conn, addressOf(raw), serve, true)
}

// full answers on a connection beyond the limit.
func full(x *exchange) answer {
	x.client, x.cache, x.tier = x.peer, "PASS", "cache"
	return answer{Response: failure(http.StatusServiceUnavailable, wire.Field{Name: "X-Cache", Value: "PASS"}), close: true}
}

// http1 serves HTTP/1.x on a connection, of which early was read already.
func (p *Plane) http1(conn net.Conn, peer netip.Addr, serve func(*exchange) answer, log bool, early ...byte) {
	ctx, cancel := context.WithCancel(p.ended)
	c := &http1{Conn: conn, plane: p, serve: serve, log: log, peer: peer, ctx: ctx, cancel: cancel}
	c.reader = wire.NewReader(conn, &p.buffers)
	c.reader.Prime(early)
	p.track.http1(c)
	defer p.track.forget(c)
	c.run()
}

// proxied serves one connection of the cache socket: a PROXY header first.
func (p *Plane) proxied(conn net.Conn) {
	header := time.Now().Add(p.model.Load().edge.Timeout.Header)
	_ = conn.SetReadDeadline(header)
	front := bufio.NewReaderSize(conn, 512)
	peer, err := readProxy(front)
	if err != nil {
		p.log.Debug("proxy header", "error", err)
		return
	}
	serve := p.front.serve
	if p.crowded() {
		serve = full
	}
	early, _ := front.Peek(front.Buffered())
	p.http1(conn, peer, serve, true, early...)
}

// readProxy reads a PROXY header, version 1 or 2, and returns the client it
// names: the local host where it names none.
func readProxy(r *bufio.Reader) (netip.Addr, error) {
	h, err := proxyproto.Read(r)
	if err != nil {
		return netip.Addr{}, err
	}
	source, ok := h.SourceAddr.(*net.TCPAddr)
	if !ok || h.Command.IsLocal() {
		return localhost, nil
	}
	a, ok := netip.AddrFromSlice(source.IP)
	if !ok {
		return localhost, nil
	}
	return a.Unmap(), nil
}

var localhost = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// addressOf is a connection's peer; the local host where it has no address.
func addressOf(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		if a, ok := netip.AddrFromSlice(tcp.IP); ok {
			return a.Unmap()
		}
	}
	return localhost
}
