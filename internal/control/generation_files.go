package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"edgegen/internal/config"
	"edgegen/internal/generation"
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
			e.options.Log.Warn("remove an old generation", "path", filepath.Base(path), "error", err)
		}
	}
}
