package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/history"
	"edgegen/internal/lastgood"
	"edgegen/internal/render"
)

// generate makes the generation of a site that was loaded, with templates of one's own;
// see generation.Maker.
func (e *Edge) generate(ctx context.Context, loaded *config.Loaded, path string, own *render.Templates, was *generation.Generation, p *generation.Pool, found *config.Findings) (*generation.Generation, error) {
	m := generation.Maker{Selection: e.options.Select, Version: e.options.Version, StateDir: e.state.dir, Layout: e.Layout, Who: e.Who, Watch: e.Backends.Watch, Templates: own}
	return m.Make(ctx, loaded, path, was, p, found)
}

// write puts the files of a generation on disk, beside those of others, and
// makes the link that will lead there.
func (e *Edge) write(g *generation.Generation) error {
	uid, gid := e.Who.Owner()
	before := ""
	if was := e.Serving(); was != nil && was != g {
		before = e.Dir(was)
	}
	if err := render.Place(e.Dir(g), g.Output.Files(), render.Owner{UID: uid, GID: gid}, before); err != nil {
		return err
	}
	return e.makeLinks(g)
}

// makeLinks makes the links that lead to a generation and back to the one that
// is served, so that neither way needs room on the disk when it is taken.
func (e *Edge) makeLinks(g *generation.Generation) error {
	for _, to := range []*generation.Generation{g, e.Serving()} {
		if to == nil {
			continue
		}
		if err := os.Symlink(e.Dir(to), e.link(to)); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("write generation %d: %w", to.Number, err)
		}
	}
	return nil
}

func (e *Edge) link(g *generation.Generation) string { return e.Dir(g) + ".link" }

// enter makes Layout.Dir lead to a generation.
func (e *Edge) enter(g *generation.Generation) error {
	if err := os.Rename(e.link(g), e.Layout.Dir); err != nil {
		return fmt.Errorf("enter generation %d: %w", g.Number, err)
	}
	return nil
}

// remove deletes the files of a generation that nobody uses.
func (e *Edge) remove(g *generation.Generation) {
	for _, path := range []string{e.link(g), e.Dir(g)} {
		if err := os.RemoveAll(path); err != nil {
			e.options.Log.Warn("cannot remove an old generation", "path", filepath.Base(path), "error", err)
		}
	}
}

// keepRecords keeps what later starts and verbs need of a generation that serves. It
// returns before that is on the disk.
func (e *Edge) keepRecords(g *generation.Generation, began, settled time.Time) {
	e.Later.Go(func() {
		e.keeping.Lock()
		defer e.keeping.Unlock()
		giveBackMemory() // before the disk, which may take its time
		e.keepLastGood(g)
		e.keepHistory(g, began, settled)
		giveBackMemory()
	})
}

// keepLastGood stores a generation that serves, for a later start at which the
// site's files are refused.
func (e *Edge) keepLastGood(g *generation.Generation) {
	if e.Serving() != g {
		return // a later one is on its way
	}
	if err := lastgood.Store(lastgood.Dir(e.state.dir), g); err != nil {
		e.options.Log.Warn("cannot keep this configuration for --last-good", "error", err)
	}
}

// keepHistory keeps what explain needs of a generation that serves, to explain later what
// has come under it.
func (e *Edge) keepHistory(g *generation.Generation, began, settled time.Time) {
	kept := history.Generation{Number: g.Number, Site: absolute(g.Path), Version: e.options.Version, Engines: g.Tiers(), Private: g.Private, Model: g.Model, Edge: g.Loaded.Edge}
	if err := history.Keep(history.Dir(e.state.dir), kept, began, settled, e.options.secrets.hideJSON); err != nil {
		e.options.Log.Warn("cannot keep the generation for explain --id", "error", err)
	}
}

// giveBackMemory has the system have again what a start or a reload of many sites took
// and needs no longer. It would come back by and by, and where memory is short, too late.
func giveBackMemory() {
	const little = 96 << 20 // which is not worth a collection
	var now runtime.MemStats
	if runtime.ReadMemStats(&now); now.HeapSys-now.HeapReleased > little {
		debug.FreeOSMemory()
	}
}

// warnSpare tells of listeners that a service manager has passed and the site
// does not name: they stay the manager's, and nobody takes their connections.
func (e *Edge) warnSpare(before []*generation.Listener) {
	for _, l := range e.spare {
		if !slices.Contains(before, l) {
			e.options.Log.Warn("the service manager listens on an address that is not in the site: clients that connect there get no answer", "address", l.Address)
		}
	}
}
