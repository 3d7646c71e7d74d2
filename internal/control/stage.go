package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// Edge is one running edge. It owns the public listeners and the processes.
type Edge struct {
	options Options
	loaded  *config.Loaded
	state   *state
	who     identity
	engines map[string]chosen
	pairs   []certificate.Pair
	public  *sockets
	inner   []*os.File // the web tier's Unix sockets
	layout  render.Layout
	output  *render.Output
	access  *accessLog
	varnish *native.Varnish
	started time.Time
	phase   atomic.Value // a phase

	mu    sync.Mutex // guards what follows
	tiers []*tier    // in the order they were started
	apps  []*app
}

// stage does everything that can fail before anything is started. All problems
// of one kind are reported together. The edge is to be released also where
// there is an error.
func stage(ctx context.Context, o Options, loaded *config.Loaded, diagnostics config.Diagnostics, s *state) (*Edge, error) {
	found := &findings{loaded: loaded, all: diagnostics}
	e := &Edge{options: o, loaded: loaded, state: s}
	e.phase.Store(starting)
	var err error
	if e.engines, err = choose(ctx, loaded.Edge, o.Select, found); err != nil {
		return e, err
	}
	for _, role := range roles() {
		c := e.engines[role]
		o.Log.Info(fmt.Sprintf("%s tier: %s (%s)", role, strings.TrimSpace(string(c.engine)+" "+c.daemon.Version), c.reason))
	}
	e.who = identify(loaded.Edge, found)
	if err := found.refusal(); err != nil {
		return e, err
	}
	e.who.warnUnreadable(loaded.Edge, found)
	e.public = listen(loaded.Edge, found)
	if err := found.refusal(); err != nil {
		return e, err
	}
	if e.pairs, err = Certificates(loaded, AuthorityDir(s.dir)); err != nil {
		return e, err
	}
	if err := e.prepare(); err != nil {
		return e, err
	}
	if err := e.check(ctx, found); err != nil {
		return e, err
	}
	if len(found.all) > 0 {
		o.Warn(found.all)
	}
	return e, nil
}

// prepare makes the runtime directory, renders into it and opens the sockets
// between the tiers.
func (e *Edge) prepare() (err error) {
	if e.layout, err = makeRuntime(e.state.dir, e.who); err != nil {
		return err
	}
	if err := e.state.instance.RemoveAtEnd(e.layout.Run); err != nil {
		return err
	}
	uid, gid := e.who.owner()
	if err := e.install(uid, gid); err != nil {
		return err
	}
	for _, path := range e.innerSockets() {
		file, err := openUnix(path, uid, gid)
		if err != nil {
			return err
		}
		e.inner = append(e.inner, file)
	}
	if storage := e.loaded.Edge.Storage; storage.Type == "file" && e.native(RoleCache) {
		if err := prepareStorage(storage.Path, uid, gid); err != nil {
			return e.refuse(storage.Source, err, "name a file in a directory that is there")
		}
	}
	if e.access, err = openAccessLog(e.loaded.Edge.Log, e.options.Access); err != nil {
		return e.refuse(e.loaded.Edge.Log.Source, err, `name a file in a directory that is there, "stdout" or "off"`)
	}
	return nil
}

// refuse tells an error at the HCL line that led to it.
func (e *Edge) refuse(at site.Source, err error, remedy string) error {
	return &Refused{config.Diagnostics{e.loaded.Diagnose(at, config.Error, err.Error(), remedy)}}
}

// install renders for the daemons that serve and puts their files into place.
func (e *Edge) install(uid, gid int) (err error) {
	left := render.Leave{TLS: !e.native(RoleTLS), Cache: !e.native(RoleCache), Web: !e.native(RoleWeb)}
	if e.output, err = renderFor(e.loaded, e.options.Site, e.layout, e.pairs, left, e.options.Version); err != nil {
		return err
	}
	_, err = render.Install(e.layout.Dir, e.output.Files(), &render.Owner{UID: uid, GID: gid})
	return err
}

// innerSockets are the web tier's, which a native neighbour makes necessary.
// nginx inherits them, so that they are there before it is and while it is not.
func (e *Edge) innerSockets() []string {
	switch {
	case e.native(RoleWeb):
		return []string{e.layout.WebSocket(), e.layout.WebProbe()}
	case e.native(RoleCache):
		return []string{e.layout.WebSocket()}
	}
	return nil
}

// renderFor renders a generation; a value that a daemon's language cannot hold
// is refused at its HCL line.
func renderFor(loaded *config.Loaded, path string, layout render.Layout, pairs []certificate.Pair, left render.Leave, version string) (*render.Output, error) {
	in := render.Input{Edge: loaded.Edge, Layout: layout, Version: version, Origin: origin(path), Leave: left}
	for _, pair := range pairs {
		in.PEM = append(in.PEM, pair.PEM)
	}
	output, err := render.Render(in)
	if bad := (*render.ValueError)(nil); errors.As(err, &bad) {
		return nil, &Refused{config.Diagnostics{loaded.Diagnose(bad.Source, config.Error, bad.Error(), "change the value")}}
	}
	return output, err
}

// prepareStorage makes the cache's file, which belongs to the daemons.
func prepareStorage(path string, uid, gid int) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the cache's file: %w", err)
	}
	return errors.Join(file.Chown(uid, gid), file.Close())
}

// release closes what the edge holds itself. Its processes have ended.
func (e *Edge) release() {
	if e.public != nil {
		e.public.close()
	}
	for _, file := range e.inner {
		_ = file.Close() // nothing is written to a listener
	}
	if e.varnish != nil {
		if err := e.varnish.Close(); err != nil {
			e.options.Log.Warn("close varnish's command line", "error", err)
		}
	}
	if e.access != nil {
		if err := e.access.close(); err != nil {
			e.options.Log.Warn("close the access log", "error", err)
		}
	}
}
