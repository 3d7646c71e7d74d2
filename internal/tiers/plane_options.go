package tiers

import (
	"errors"
	"net"
	"os"

	"edgegen/internal/accesslog"
	"edgegen/internal/dataplane"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/unixsocket"
)

// options are what a plane is made with: what its tiers serve, and where their native
// neighbours are.
func (p *plane) options(g *generation.Generation) (o dataplane.Options, err error) {
	e := p.house
	o = dataplane.Options{
		Roles:       dataplane.Roles{TLS: p.has(site.TLSTier), Cache: p.has(site.CacheTier), Web: p.has(site.WebTier), Shares: p.shares},
		CachePath:   e.Layout.CacheSocket(),
		WebPath:     e.Layout.WebSocket(),
		StandbyPath: e.Layout.StandbySocket(),
		TempDir:     e.Layout.Run,
		Log:         e.Log.With("from", "builtin"),
		Access:      func(r *accesslog.Record) { e.edge.Recorded(site.Builtin, r) },
		Piped:       e.piped.note,
		Challenge:   e.Authority,
		Away:        e.Away.Load,
		Purge:       e.edge.PurgeBy,
		Gates:       e.Gates,
	}
	if who := e.Who.Daemons; who != nil {
		o.Reader = &dataplane.User{UID: who.UID, GID: who.GID, Groups: who.Groups}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll(o.HTTPS, o.HTTP, o.Members, o.Cache, o.Plain, o.Front, o.Web, o.Shared, relayListeners(o.Relays)))
		}
	}()
	if o.Model, err = p.model(g); err != nil {
		return o, err
	}
	// Where a daemon has had the web tier, a cache tier that leaves together with it
	// still sends the last requests on its connections here.
	_, asked := e.inner[e.Layout.WebSocket()]
	if p.has(site.WebTier) && (p.standIn || !p.has(site.CacheTier) || asked) {
		if o.Web, err = p.held(e.Layout.WebSocket()); err != nil {
			return o, err
		}
	}
	if p.member && !p.standIn {
		o.Cluster = e.edge.Others()
	}
	if p.shares {
		o.SharedMemory = g.Loaded.Edge.Cluster.Size
		o.Shared, err = p.held(e.Layout.SharedSocket())
		return o, err
	}
	if !p.has(site.CacheTier) {
		return o, nil
	}
	if p.member && p.standIn {
		o.SharedPath = e.Layout.SharedSocket()
	}
	if p.standIn {
		o.CacheMemory = min(g.Loaded.Edge.Storage.Size, standInMemory)
	}
	cache, plain := e.Layout.CacheSocket()+besideName, e.Layout.PlainSocket()+besideName
	if p.standIn {
		cache, plain = e.Layout.StandbySocket(), e.Layout.StandbyPlain()
	}
	switch {
	case p.fronted:
		if o.Front, err = p.held(e.Layout.FrontSocket()); err != nil {
			return o, err
		}
	case p.standIn || !p.has(site.TLSTier):
		if o.Cache, err = p.held(cache); err != nil {
			return o, err
		}
	}
	if p.standIn || !p.has(site.WebTier) {
		o.Plain, err = p.held(plain)
	}
	return o, err
}

// standInMemory is the cache of a tier that stands in for varnishd: enough to
// spare the apps for a while, too little to be missed otherwise.
const standInMemory = 64 << 20

// model is what a reload changes of a plane: its configuration and its public
// listeners.
func (p *plane) model(g *generation.Generation) (m dataplane.Model, err error) {
	m.Edge, m.Generation, m.Private = g.Loaded.Edge, g.Meaning, g.Private
	m.Watched = p.house.Backends.Of(g)
	if p.relay {
		err := p.relays(g, &m)
		return m, err
	}
	if p.member && !p.standIn {
		if m.Members, err = fileListeners(generation.Files(g.Public.Members)); err != nil || p.shares {
			return m, err
		}
	}
	if g.Loaded.Edge.Plain() {
		if p.has(site.TLSTier) {
			m.HTTP, err = fileListeners(generation.Files(g.Public.HTTP))
		}
		return m, err
	}
	if p.has(site.TLSTier) {
		m.Certificates, m.TicketSecret = g.Certificates, g.TicketSecret
		if m.QUIC, err = p.house.quic.of(g.Public.QUIC); err != nil {
			return m, err
		}
		if m.HTTPS, err = fileListeners(generation.Files(g.Public.HTTPS)); err != nil {
			return m, err
		}
	}
	plain := site.WebTier
	if g.Loaded.Edge.PlainByTLS() {
		plain = site.TLSTier
	}
	if p.has(plain) {
		if m.HTTP, err = fileListeners(generation.Files(g.Public.HTTP)); err != nil {
			return m, errors.Join(err, closeAll(m.HTTPS))
		}
	}
	return m, nil
}

// besideName is what a builtin cache tier's sockets are called before they are
// published under their own name.
const besideName = ".plane"

// Republish leads requests here again, after another server had taken over and that was
// undone.
func (p *plane) Republish() error { return p.publish() }

// publish lets the tier in front reach a cache tier that is well.
func (p *plane) publish() error {
	if !p.has(site.CacheTier) || p.standIn {
		return nil
	}
	var failed []error
	for _, name := range []string{p.house.Layout.CacheSocket(), p.house.Layout.PlainSocket()} {
		if _, err := os.Lstat(name + besideName); err == nil {
			failed = append(failed, unixsocket.Publish(name+besideName, name))
		}
	}
	return errors.Join(failed...)
}

// held returns a listener of the plane's own on a socket that edgegen holds.
func (p *plane) held(path string) ([]net.Listener, error) {
	file, err := p.house.hold(path)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.inner = append(p.inner, innerSocket{path, file})
	p.mu.Unlock()
	return fileListeners([]*os.File{file})
}
