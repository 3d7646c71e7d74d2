package tiers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/unixsocket"
)

func (n *nginxServer) missing() []string {
	missing := n.house.unreached(n.inner)
	if n.runs() {
		missing = append(missing, statedir.NotThere(filepath.Join(n.house.Layout.NginxTemp(), "body"))...) // which nginx made
	}
	return missing
}

func (s *stunnelServer) missing() []string {
	if s.program == nil || !s.runs() {
		return nil // a start makes what it needs
	}
	return s.program.Missing()
}

func (v *varnishServer) missing() []string {
	if v.madeWay.Load() {
		return []string{v.house.Layout.VarnishDir()}
	}
	if v.native == nil || !v.runs() {
		return nil
	}
	layout := v.house.Layout
	return statedir.NotThere(layout.VarnishSocket(), layout.VarnishPlain(), layout.CacheProbe())
}

func (p *plane) missing() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.house.unreached(p.inner)
}

// standInMissing lists what the stand-in lacks; there may be none.
func (d *daemon) standInMissing() []string {
	d.mu.Lock()
	stand := d.standIn
	d.mu.Unlock()
	if stand == nil {
		return nil
	}
	return stand.missing()
}

// Lacking lists what servers and their stand-ins need in the runtime directory and is not
// there.
func (e *House) Lacking() []string {
	missing := e.unpublished()
	for _, d := range e.daemonsNow() {
		missing = append(missing, d.standInMissing()...)
	}
	for _, s := range e.Servers() {
		missing = append(missing, missingOf(s)...)
	}
	return missing
}

// Mend makes other stand-ins for those that lack something, and has servers take their names
// back.
func (e *House) Mend(ctx context.Context) error {
	for _, d := range e.daemonsNow() {
		if len(d.standInMissing()) > 0 {
			if err := d.standInStarts(ctx, e.Serving()); err != nil {
				return fmt.Errorf("make another stand-in for %s: %w", d.Engine, err)
			}
		}
	}
	_ = e.Republish() // where a server's own sockets have gone, it is replaced
	return nil
}

// Republish has servers take back the names under which they are reached.
func (e *House) Republish() error {
	var problems []error
	for _, s := range e.Servers() {
		if p, ok := s.(publisher); ok {
			problems = append(problems, p.Republish())
		}
	}
	return errors.Join(problems...)
}

// Lost are the servers that lack something.
func (e *House) Lost() []Server {
	return slices.DeleteFunc(slices.Clone(e.Servers()), func(s Server) bool { return len(missingOf(s)) == 0 })
}

func missingOf(s Server) []string {
	if r, ok := s.(rooted); ok {
		return r.missing()
	}
	return nil
}

// unpublished lists the names of the cache tier's sockets that lead nowhere.
func (e *House) unpublished() (missing []string) {
	for _, s := range e.Servers() {
		if !slices.Contains(s.Roles(), site.CacheTier) {
			continue
		}
		for _, name := range e.published(s) {
			if !unixsocket.Is(name) {
				missing = append(missing, name)
			}
		}
	}
	return missing
}

// published are the names under which a cache tier is reached by its neighbours.
func (e *House) published(s Server) (names []string) {
	cache, plain := e.Layout.CacheSocket(), e.Layout.PlainSocket()
	p, builtin := s.(*plane)
	if !builtin {
		return []string{cache, plain}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, socket := range p.inner {
		switch socket.path {
		case cache + besideName:
			names = append(names, cache)
		case plain + besideName:
			names = append(names, plain)
		}
	}
	return names
}
