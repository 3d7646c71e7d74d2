package dataplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Plane serves some of the tiers. Its methods may be called from any
// goroutine.
type Plane struct {
	options Options
	log     *slog.Logger
	model   atomic.Pointer[model]
	updates sync.Mutex

	front *front // nil without the cache tier
	web   *web   // nil without the web tier
	h2    *h2
	toWeb *upstream.Group // to a native web tier

	probeHost   string // whom Probe asks for; nobody else knows it, and no log tells
	connections gauge
	sockets     gauge
	track       *track
	stopping    atomic.Bool
	stopped     sync.Once
	gone        chan struct{}   // closed when everything has ended
	patience    context.Context // ends when a stop waits no longer
	hurry       context.CancelFunc
	ended       context.Context // ends when everything has to
	end         context.CancelFunc
	tasks       tasks
	buffers     sync.Pool // of readers
	copies      sync.Pool // for copying bodies
	outputs     sync.Pool // for heads and small bodies
}

// New makes a Plane that does not serve yet. Its listeners are closed where
// it fails.
func New(o Options) (*Plane, error) {
	p := &Plane{options: o, log: o.Log, track: newTrack(), gone: make(chan struct{})}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.buffers.New = wire.NewBuffer
	p.copies.New = func() any { b := make([]byte, 32<<10); return &b }
	p.outputs.New = func() any { b := make([]byte, 0, flushAt); return &b }
	p.ended, p.end = context.WithCancel(context.Background())
	p.patience, p.hurry = context.WithCancel(context.Background())
	p.probeHost = "probe-" + newID()
	if err := p.build(); err != nil {
		p.end()
		p.hurry()
		return nil, errors.Join(err, closeListeners(p.listeners()))
	}
	return p, nil
}

func (p *Plane) build() error {
	m, err := newModel(p.options.Edge, p.options.Certificates, p.options.Roles, nil)
	if err != nil {
		return err
	}
	p.model.Store(m)
	if p.options.Roles.Web {
		p.web = &web{plane: p, files: static.New(keptFiles)}
	}
	if !p.options.Roles.Cache {
		return nil
	}
	store, err := openStore(p.options.Edge.Storage)
	if err != nil {
		return err
	}
	p.front = &front{plane: p, store: store, background: p.ended, flights: flights{all: map[string]*flight{}}}
	if p.web != nil {
		p.front.origin = p.web
	} else {
		p.toWeb = upstream.NewGroup([]upstream.Address{{Network: "unix", Address: p.options.WebPath}})
		p.front.origin = &remote{plane: p, group: p.toWeb}
	}
	p.h2 = newH2(p)
	return nil
}

// keptFiles bounds the small files that the web tier keeps in memory.
const keptFiles = 16 << 20

func openStore(s site.Storage) (*httpcache.Store, error) {
	if s.Type == "file" {
		return httpcache.OpenFile(s.Path, s.Size)
	}
	return httpcache.NewStore(s.Size), nil
}

func (p *Plane) listeners() []net.Listener {
	var all []net.Listener
	for _, l := range [][]net.Listener{p.options.HTTPS, p.options.HTTP, p.options.Cache, p.options.Plain, p.options.Web} {
		all = append(all, l...)
	}
	return all
}

func closeListeners(all []net.Listener) error {
	var errs []error
	for _, l := range all {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Run serves until Shutdown, or until ctx ends, which drains as Shutdown does
// for at most timeouts.drain. It returns once everything has ended: an error
// where a listener failed.
func (p *Plane) Run(ctx context.Context) error {
	failed := make(chan error, len(p.listeners()))
	var loops sync.WaitGroup
	serve := func(all []net.Listener, public bool, one func(net.Conn)) {
		for _, l := range all {
			loops.Go(func() {
				if err := p.accept(l, public, one); err != nil {
					failed <- fmt.Errorf("accept on %s: %w", l.Addr(), err)
				}
			})
		}
	}
	if p.h2 != nil {
		loops.Go(func() { _ = p.h2.server.Serve(p.h2) }) // returns only when it is shut down
	}
	config := p.tlsConfig()
	serve(p.options.HTTPS, true, func(c net.Conn) { p.https(c, config) })
	serve(p.options.HTTP, true, func(c net.Conn) { p.http1(c, addressOf(c), p.plainHTTP, true) })
	serve(p.options.Plain, false, func(c net.Conn) { p.http1(c, localhost, p.relayedPlain, true) })
	if p.front != nil {
		serve(p.options.Cache, true, p.proxied)
	}
	if p.web != nil {
		serve(p.options.Web, false, func(c net.Conn) { p.http1(c, localhost, p.web.serve, false) })
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	case <-p.ended.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), p.model.Load().edge.Timeout.Drain)
	defer cancel()
	p.Shutdown(drain)
	loops.Wait()
	return err
}

// Update serves another model from the next request on. Requests under way
// keep the old one, WebSockets stay open, the cache and the connections to
// backends that are in both stay. Listeners, roles and the cache's storage do
// not change. An error changes nothing.
func (p *Plane) Update(edge *site.Edge, certificates []tls.Certificate) error {
	p.updates.Lock()
	defer p.updates.Unlock()
	old := p.model.Load()
	next, err := newModel(edge, certificates, p.options.Roles, old)
	if err != nil {
		return err
	}
	p.model.Store(next)
	old.retire(next)
	return nil
}

// WebSockets returns how many are open.
func (p *Plane) WebSockets() int { return int(p.sockets.open.Load()) }

// Shutdown stops accepting, lets requests under way end until ctx does, then
// ends WebSockets and whatever is left, and returns when all of it has ended.
// A call beside another one waits for the same end, and hurries it when its
// own ctx ends first.
func (p *Plane) Shutdown(ctx context.Context) {
	p.stopped.Do(func() {
		go func() {
			defer close(p.gone)
			p.stop()
		}()
	})
	select {
	case <-p.gone:
		return
	case <-ctx.Done():
		p.hurry()
	}
	<-p.gone
}

func (p *Plane) stop() {
	p.stopping.Store(true)
	if err := closeListeners(p.listeners()); err != nil {
		p.log.Warn("close listeners", "error", err)
	}
	p.drain(p.patience)
	p.end()
	p.track.closeAll()
	if p.h2 != nil {
		_ = p.h2.server.Close()
	}
	p.tasks.Wait()
	p.model.Load().retire(nil)
	if p.toWeb != nil {
		p.toWeb.Close()
	}
	if p.front != nil {
		if err := p.front.store.Close(); err != nil {
			p.log.Warn("close cache storage", "error", err)
		}
	}
	p.hurry()
}

// drain waits until no request is under way.
func (p *Plane) drain(ctx context.Context) {
	if p.h2 != nil {
		_ = p.h2.server.Shutdown(ctx) // its error is that of ctx
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !p.track.closeIdle() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// output returns a buffer to collect a response in.
func (p *Plane) output() []byte { return (*p.outputs.Get().(*[]byte))[:0] }

// release gives it back, unless it has grown.
func (p *Plane) release(b *[]byte) {
	if out := *b; cap(out) <= 4*flushAt {
		p.outputs.Put(&out)
	}
	*b = nil
}

// Probe reports whether every tier answers: each Unix socket is asked for a
// name that nobody has, and has to know that.
func (p *Plane) Probe(ctx context.Context) error {
	if p.stopping.Load() {
		return errors.New("stopping")
	}
	for _, l := range p.options.Cache {
		if err := probe(ctx, l.Addr(), "PROXY UNKNOWN\r\n", p.probeHost); err != nil {
			return fmt.Errorf("cache tier: %w", err)
		}
	}
	for _, l := range append(append([]net.Listener(nil), p.options.Plain...), p.options.Web...) {
		if err := probe(ctx, l.Addr(), "", p.probeHost); err != nil {
			return fmt.Errorf("socket %s: %w", l.Addr(), err)
		}
	}
	return nil
}

func probe(ctx context.Context, a net.Addr, before, host string) error {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, a.Network(), a.String())
	if err != nil {
		return err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	if _, err := io.WriteString(c, before+"GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	answer := make([]byte, len("HTTP/1.1 421"))
	if _, err := io.ReadFull(c, answer); err != nil {
		return err
	}
	if string(answer) != "HTTP/1.1 421" {
		return fmt.Errorf("answered %q", answer)
	}
	return nil
}
