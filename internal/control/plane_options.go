package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

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
		CachePath:   e.layout.CacheSocket(),
		WebPath:     e.layout.WebSocket(),
		StandbyPath: e.layout.StandbySocket(),
		TempDir:     e.layout.Run,
		Log:         e.options.Log.With("from", "builtin"),
		Access:      e.recorded,
		Piped:       e.piped.note,
		Challenge:   e.authority,
		Away:        e.away.Load,
		Purge:       e.purgeBy,
		Gates:       e.gates,
	}
	if who := e.who.Daemons; who != nil {
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
	_, asked := e.inner[e.layout.WebSocket()]
	if p.has(site.WebTier) && (p.standIn || !p.has(site.CacheTier) || asked) {
		if o.Web, err = p.held(e.layout.WebSocket()); err != nil {
			return o, err
		}
	}
	if p.member && !p.standIn {
		o.Cluster = e.others()
	}
	if p.shares {
		o.SharedMemory = g.Loaded.Edge.Cluster.Size
		o.Shared, err = p.held(e.layout.SharedSocket())
		return o, err
	}
	if !p.has(site.CacheTier) {
		return o, nil
	}
	if p.member && p.standIn {
		o.SharedPath = e.layout.SharedSocket()
	}
	if p.standIn {
		o.CacheMemory = min(g.Loaded.Edge.Storage.Size, standInMemory)
	}
	cache, plain := e.layout.CacheSocket()+besideName, e.layout.PlainSocket()+besideName
	if p.standIn {
		cache, plain = e.layout.StandbySocket(), e.layout.StandbyPlain()
	}
	switch {
	case p.fronted:
		if o.Front, err = p.held(e.layout.FrontSocket()); err != nil {
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
	m.Watched = p.house.backends.of(g)
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

// republish leads requests here again, after another server had taken over and that was
// undone.
func (p *plane) republish() error { return p.publish() }

// publish lets the tier in front reach a cache tier that is well.
func (p *plane) publish() error {
	if !p.has(site.CacheTier) || p.standIn {
		return nil
	}
	var failed []error
	for _, name := range []string{p.house.layout.CacheSocket(), p.house.layout.PlainSocket()} {
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

// hold opens a socket that edgegen keeps open as long as it runs. One whose path
// has gone is opened anew: nobody can be led to it any more.
func (e *house) hold(path string) (*os.File, error) {
	if file, ok := e.inner[path]; ok {
		if unixsocket.Is(path) {
			return file, nil
		}
		e.nameless = append(e.nameless, file)
		delete(e.inner, path)
	}
	uid, gid := e.who.Owner()
	file, err := unixsocket.Open(path, uid, gid)
	if err != nil {
		return nil, err
	}
	e.inner[path] = file
	return file, nil
}

// letGo closes a socket that edgegen holds, and removes it.
func (e *house) letGo(path string) error {
	file, ok := e.inner[path]
	if !ok {
		return nil
	}
	delete(e.inner, path)
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(file.Close(), err)
}

// fileListeners makes listeners of sockets that stay open here: a plane closes
// its own descriptors.
func fileListeners(files []*os.File) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, file := range files {
		listener, err := net.FileListener(file)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("take over a listener: %w", err), closeAll(listeners))
		}
		if unix, ok := listener.(*net.UnixListener); ok {
			unix.SetUnlinkOnClose(false)
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// listening lists the addresses of a tier.
func (e *house) listening(g *generation.Generation, role string) []string {
	addresses := []string{}
	public := g.Public.HTTPS
	switch {
	case role == site.CacheTier, role == site.WebTier && g.Loaded.Edge.PlainByTLS():
		public = nil
	case role == site.TLSTier && g.Loaded.Edge.PlainByTLS() && !g.Loaded.Edge.Plain():
		public = slices.Concat(g.Public.HTTPS, g.Public.HTTP)
	case role == site.WebTier, g.Loaded.Edge.Plain():
		public = g.Public.HTTP
	}
	if role == site.TLSTier {
		public = slices.Concat(public, g.Public.QUIC)
	}
	for _, l := range public {
		addresses = append(addresses, l.String())
	}
	if role == site.WebTier && (g.Native(site.WebTier) || g.Native(site.CacheTier)) {
		addresses = append(addresses, "unix:"+e.layout.WebSocket())
	}
	if role == site.CacheTier && (g.Native(site.CacheTier) || g.Native(site.TLSTier)) {
		inner := e.layout.CacheSocket()
		if g.Fronted() {
			inner = e.layout.FrontSocket()
		}
		addresses = append(addresses, "unix:"+inner)
	}
	if role == site.CacheTier && !g.Loaded.Edge.Plain() && (g.Native(site.CacheTier) || g.Native(site.WebTier)) {
		addresses = append(addresses, "unix:"+e.layout.PlainSocket())
	}
	return addresses
}
