package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"edgegen/internal/dataplane"
	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// builtin runs neighbouring builtin tiers as one plane.
type builtin struct {
	plane   *dataplane.Plane
	version string

	mu    sync.Mutex
	state supervise.State
	since time.Time
}

// startBuiltin brings up neighbouring builtin tiers, which are given from the
// inside out, and waits until each answers.
func (e *Edge) startBuiltin(ctx context.Context, l *launcher, roles []string) error {
	options, err := e.planeOptions(roles)
	if err != nil {
		return err
	}
	plane, err := dataplane.New(options)
	if err != nil {
		return fmt.Errorf("make the builtin %s: %w", tierNames(roles), err)
	}
	b := &builtin{plane: plane, version: e.options.Version, state: supervise.Starting, since: time.Now()}
	for _, role := range roles {
		t := e.tier(role)
		e.mu.Lock()
		t.builtin = b
		e.mu.Unlock()
	}
	l.plane(b, "builtin "+tierNames(roles))
	if err := plane.Probe(ctx); err != nil {
		return fmt.Errorf("start the builtin %s: %w", tierNames(roles), err)
	}
	if slices.Contains(roles, RoleTLS) {
		if err := e.probeTLS(ctx); err != nil {
			return fmt.Errorf("start the builtin tls tier: %w", err)
		}
	}
	b.become(supervise.Running)
	return nil
}

func tierNames(roles []string) string {
	if len(roles) == 1 {
		return roles[0] + " tier"
	}
	return strings.Join(roles, ", ") + " tiers"
}

func (b *builtin) become(state supervise.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state, b.since = state, time.Now()
}

// status is a snapshot in the words of a process; the process is edgegen.
func (b *builtin) status() supervise.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return supervise.Status{State: b.state, PID: os.Getpid(), Since: b.since}
}

// plane runs a plane in the background, as a step of the start.
func (l *launcher) plane(b *builtin, name string) {
	// The first context asks the plane to drain, the second to end at once.
	ctx, cancel := context.WithCancel(context.Background())
	s := &step{name: name, cancel: cancel, done: make(chan struct{})}
	s.kill = func() {
		now, end := context.WithCancel(context.Background())
		end()
		b.plane.Shutdown(now)
	}
	l.mu.Lock()
	l.steps = append(l.steps, s)
	l.mu.Unlock()
	go func() {
		defer close(s.done)
		if err := b.plane.Run(ctx); err != nil {
			b.become(supervise.Failed)
			l.edge.options.Log.Error("builtin tiers ended", "tiers", name, "error", err)
			return
		}
		b.become(supervise.Stopped)
	}()
}

// planeOptions hands a plane what its tiers serve, and says where its native
// neighbours are.
func (e *Edge) planeOptions(roles []string) (o dataplane.Options, err error) {
	has := func(role string) bool { return slices.Contains(roles, role) }
	o = dataplane.Options{
		Edge:      e.loaded.Edge,
		Roles:     dataplane.Roles{TLS: has(RoleTLS), Cache: has(RoleCache), Web: has(RoleWeb)},
		CachePath: e.layout.CacheSocket(),
		WebPath:   e.layout.WebSocket(),
		Log:       e.options.Log.With("from", "builtin"),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll(o.HTTPS, o.HTTP, o.Cache, o.Plain, o.Web))
		}
	}()
	if e.access.writer != nil {
		o.Access = e.access.record
	}
	uid, gid := e.who.owner()
	if o.Roles.TLS {
		for _, pair := range e.pairs {
			certificate, err := pair.TLS()
			if err != nil {
				return o, fmt.Errorf("use a certificate: %w", err)
			}
			o.Certificates = append(o.Certificates, certificate)
		}
		if o.HTTPS, err = fileListeners(e.public.https); err != nil {
			return o, err
		}
	}
	if o.Roles.Web {
		if o.HTTP, err = fileListeners(e.public.http); err != nil {
			return o, err
		}
		if o.Web, err = fileListeners(e.inner); err != nil {
			return o, err
		}
	}
	if o.Roles.Cache && !o.Roles.TLS {
		if o.Cache, err = unixListener(e.layout.CacheSocket(), uid, gid); err != nil {
			return o, err
		}
	}
	if o.Roles.Cache && !o.Roles.Web {
		o.Plain, err = unixListener(e.layout.PlainSocket(), uid, gid)
	}
	return o, err
}

// fileListeners makes listeners of sockets that stay open here: the plane
// closes its own descriptors.
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

func unixListener(path string, uid, gid int) ([]net.Listener, error) {
	file, err := openUnix(path, uid, gid)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the listener has a descriptor of its own
	return fileListeners([]*os.File{file})
}

func closeAll(groups ...[]net.Listener) error {
	var failed []error
	for _, group := range groups {
		for _, listener := range group {
			failed = append(failed, listener.Close())
		}
	}
	return errors.Join(failed...)
}

// probeTLS waits until every TLS listener serves the first site's certificate.
func (e *Edge) probeTLS(ctx context.Context) error {
	for _, listener := range e.loaded.Edge.HTTPS {
		if err := native.ProbeTLS(ctx, reachable(listener), e.loaded.Edge.Sites[0].Host, e.pairs[0].Leaf); err != nil {
			return err
		}
	}
	return nil
}

// listening lists the addresses of a tier.
func (e *Edge) listening(role string) []string {
	addresses := []string{}
	switch role {
	case RoleTLS:
		for _, listener := range e.loaded.Edge.HTTPS {
			addresses = append(addresses, listener.Address.String())
		}
	case RoleWeb:
		for _, listener := range e.loaded.Edge.HTTP {
			addresses = append(addresses, listener.Address.String())
		}
		if e.native(RoleWeb) || e.native(RoleCache) {
			addresses = append(addresses, "unix:"+e.layout.WebSocket())
		}
	case RoleCache:
		if e.native(RoleCache) || e.native(RoleTLS) {
			addresses = append(addresses, "unix:"+e.layout.CacheSocket())
		}
		if e.native(RoleCache) || e.native(RoleWeb) {
			addresses = append(addresses, "unix:"+e.layout.PlainSocket())
		}
	}
	return addresses
}
