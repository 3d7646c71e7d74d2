package dataplane

import (
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/h3"
	"edgegen/internal/site"
)

// usage says what kind of connection comes to a listener.
type usage int

const (
	forHTTPS usage = iota
	forHTTP3
	forHTTP
	forSites // plain, behind somebody who ends TLS
	forCache
	forPlain
	forFront
	forWeb
	forRelay
	forMembers
	forShared
)

// door is a listener that connections are accepted on.
type door struct {
	net.Listener
	usage   usage
	backend string // that a relay is for
	// closing is set once the model has no such listener any more: what came
	// through it ends after the next answer.
	closing atomic.Bool
	loop    chan struct{} // closed when the loop that accepts has ended; nil before there is one
}

// plainUse is what comes to the plain listeners.
func (m Model) plainUse() usage {
	if m.Edge.Plain() {
		return forSites
	}
	return forHTTP
}

// doors makes one of each listener.
func doors(all []net.Listener, use usage) []*door {
	var out []*door
	for _, l := range all {
		out = append(out, &door{Listener: l, usage: use})
	}
	return out
}

func relayDoors(all []Relay) []*door {
	var out []*door
	for _, r := range all {
		out = append(out, &door{Listener: r.Listener, usage: forRelay, backend: r.Backend})
	}
	return out
}

func (p *Plane) allDoors() []*door {
	o := &p.options
	return slices.Concat(p.modelDoors(&o.Model), doors(o.Cache, forCache), doors(o.Plain, forPlain), doors(o.Front, forFront), doors(o.Web, forWeb), doors(o.Shared, forShared))
}

// modelDoors are the doors that a change of model may change.
func (p *Plane) modelDoors(m *Model) []*door {
	return slices.Concat(doors(m.HTTPS, forHTTPS), p.quicDoors(m.QUIC), doors(m.HTTP, m.plainUse()), relayDoors(m.Relays), doors(m.Members, forMembers))
}

// ofModel tells that a door is one of modelDoors.
func (d *door) ofModel() bool { return d.atEdge() || d.usage == forRelay || d.usage == forMembers }

// atEdge tells that clients connect to the door themselves, or a proxy that announces them.
func (d *door) atEdge() bool {
	return d.usage == forHTTPS || d.usage == forHTTP3 || d.usage == forHTTP || d.usage == forSites
}

// public tells that what comes through a door is a client's connection, which
// counts.
func (d *door) public() bool { return d.atEdge() || d.usage == forCache }

// times are the limits of a connection that came through a door; the door may be nil. A
// tier in front that reads HTTP holds clients to the site's times, and ends its own
// connections to here. If this side ended such a connection just when a request comes, that
// request would fail.
func (d *door) times(t site.Timeouts) site.Timeouts {
	switch {
	case d == nil:
	case d.usage == forFront:
		t.Header, t.Idle = t.Header+day, t.Idle+day
	case d.usage == forMembers, d.usage == forShared: // who keep connections for a time of their own
		t.Idle += day
	}
	return t
}

const day = 24 * time.Hour

// headSize bounds the head of a request, in bytes, also for a nil door. A daemon has
// already checked the size of a head that it passes on, and adds notes to it. One of them
// may hold the URL a second time.
func (d *door) headSize(edge *site.Edge) int {
	const notes, fromNote = 8 << 10, 256
	switch {
	case d == nil || d.public():
		return int(edge.Limits.HeaderSize)
	case d.usage == forFront: // nginx bounds each line alone
		return int(edge.Limits.HeaderSize) + fromNote
	}
	return 2*int(edge.Limits.HeaderSize) + notes
}

func (d *door) same(other *door) bool {
	a, b := d.Addr(), other.Addr()
	return d.usage == other.usage && a.Network() == b.Network() && a.String() == b.String()
}

// serve handles a connection that came through a door.
func (p *Plane) serve(v *visit) {
	c, d := v.Conn, v.door
	if in, ok := c.(*h3.Incoming); ok {
		p.http3(in, d)
		return
	}
	from := c.RemoteAddr()
	if d.atEdge() {
		var ok bool
		if from, ok = p.announced(c); !ok {
			return
		}
	}
	switch d.usage {
	case forHTTPS:
		p.https(v, from)
	case forHTTP:
		p.http1(v, &http1{Conn: c, peer: addressIn(from), serve: p.plainHTTP, log: true})
	case forSites:
		p.behind(v, from)
	case forCache:
		p.proxied(v)
	case forPlain:
		p.http1(v, &http1{Conn: c, peer: localhost, serve: p.relayedPlain, log: true})
	case forFront:
		p.http1(v, &http1{Conn: c, peer: localhost, https: true, serve: p.fronted, log: true})
	case forWeb:
		p.http1(v, &http1{Conn: c, peer: localhost, serve: p.web.serve})
	case forRelay:
		p.relayed(v)
	case forMembers:
		p.members(v)
	case forShared:
		p.http1(v, &http1{Conn: c, peer: localhost, serve: p.askedToShare})
	}
}

// relayed handles a connection that came to a relay.
func (p *Plane) relayed(v *visit) {
	c, d := v.Conn, v.door
	one := &http1{Conn: c, peer: localhost}
	switch d.backend {
	case CountsRelay:
		if to, ok := c.(*net.UnixConn); ok {
			if err := p.options.Gates.Share(to); err != nil {
				p.log.Debug("varnishd does not count requests itself", "error", err)
			}
		}
		return
	case GateRelay:
		one.serve = p.askedAtGate
	case PurgeRelay:
		one.serve = p.relayedPurge
	case "":
		one.serve, one.log = p.relayedChallenge, true
	default:
		one.serve = func(x *exchange) answer { return p.askBackend(x, d.backend) }
	}
	p.http1(v, one)
}

// open starts to accept.
func (p *Plane) open(d *door) {
	d.closing.Store(false)
	if l, ok := d.Listener.(deadliner); ok {
		_ = l.SetDeadline(time.Time{})
	}
	loop := make(chan struct{})
	d.loop = loop
	p.tasks.Go(func() {
		defer close(loop)
		if err := p.accept(d); err != nil {
			select {
			case p.failed <- err:
			default: // one is enough
			}
		}
	})
}

// close stops accepting. A listener that can be opened again stays as it is.
func (d *door) close() {
	d.closing.Store(true)
	if l, ok := d.Listener.(deadliner); !ok || l.SetDeadline(time.Unix(1, 0)) != nil {
		_ = d.Listener.Close()
	}
	if d.loop != nil {
		<-d.loop
	}
}

// deadliner is a listener of the net package.
type deadliner interface{ SetDeadline(time.Time) error }

// closeDoors closes listeners for good.
func closeDoors(all []*door) error {
	var errs []error
	for _, d := range all {
		if err := d.Listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
