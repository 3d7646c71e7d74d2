package dataplane

import (
	"errors"
	"net"
	"time"

	"edgegen/internal/dataplane/pipe"
	"edgegen/internal/dataplane/proxyheader"
)

// relay hands a connection to a native cache tier: a PROXY header, then every byte
// as it is, both ways. What has been read of it already is early.
func (p *Plane) relay(v *visit, client net.Conn, from proxyheader.Header, early ...byte) {
	m := p.model.Load()
	t := m.edge.Timeout
	if p.crowded(client) {
		p.http1(v, &http1{Conn: client, peer: addressIn(from.Source), serve: full, log: true}, early...)
		return
	}
	cache, err := p.dialCache(t.Connect)
	if err != nil {
		p.log.Warn("cache tier", "error", err)
		p.http1(v, &http1{Conn: client, peer: addressIn(from.Source), serve: full, log: true}, early...)
		return
	}
	v.atEnd(func() { cache.Close() })
	_ = cache.SetWriteDeadline(time.Now().Add(t.Connect))
	err = from.Write(cache)
	if err == nil && len(early) > 0 {
		_, err = cache.Write(early)
	}
	if err != nil {
		p.log.Warn("cache tier", "socket", cache.RemoteAddr().String(), "error", err)
		return
	}
	_ = cache.SetWriteDeadline(time.Time{})
	if !p.track.relayed(client, cache) {
		return
	}
	v.atEnd(func() { p.track.remove(cache) })
	v.stay()
	carried := &pipe.Pipe{Room: &p.pipes, Idle: m.outlasting, After: t.Idle, Awake: true}
	carried.Carry(client, cache, func(_, _ int64) { v.end() })
}

// dialCache connects to the cache tier, or else to the one that stands by.
func (p *Plane) dialCache(timeout time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: timeout}
	cache, err := dialer.DialContext(p.ended, "unix", p.options.CachePath)
	if err == nil || p.options.StandbyPath == "" {
		return cache, err
	}
	standby, failed := dialer.DialContext(p.ended, "unix", p.options.StandbyPath)
	if failed != nil {
		return nil, errors.Join(err, failed)
	}
	return standby, nil
}
