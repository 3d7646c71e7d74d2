package control

import (
	"context"
	"os"
	"slices"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/watch"
)

// source is the site that the edge serves, as files: they are read again and
// again, and watched where somebody wants to know of changes.
type source struct {
	path    string
	given   []config.Given
	settle  func(*site.Edge) // may be nil
	reader  *config.Reader
	beside  []string       // what else is watched
	watcher *watch.Watcher // nil where nobody does
}

// newSource is called before the site is read for the first time, and what it
// returns is to be closed.
func newSource(o Options) *source {
	s := &source{path: o.Site, given: o.Given, settle: o.Settle, reader: config.NewReader(o.Site, o.Given), beside: render.TemplatePaths(o.Templates)}
	s.reader.Share(o.Shared)
	if o.Watch {
		s.watcher = watch.New(watch.Options{Log: o.Log, Counts: s.reader.Counts})
	}
	return s
}

// load reads the site, and from then on watches what it is made of, whether it
// was refused or not.
func (s *source) load(ctx context.Context) (*config.Loaded, config.Diagnostics, error) {
	loaded, diagnostics, err := generation.Read(ctx, s.reader)
	if err == nil && s.settle != nil {
		s.settle(loaded.Edge)
	}
	if s.watcher != nil {
		s.watcher.Follow(slices.Concat([]string{s.path, loaded.Root}, loaded.Files, s.beside))
	}
	return loaded, diagnostics, err
}

// loadInstead reads a site that may be another, or one with other values, and
// watches nothing of that.
func (s *source) loadInstead(ctx context.Context, path string, given []config.Given) (*config.Loaded, config.Diagnostics, error) {
	own := path == s.path || sameFile(path, s.path)
	switch {
	case own && len(given) == 0 && path == s.path:
		return s.load(ctx)
	case own:
		given = slices.Concat(s.given, given)
	}
	return generation.Load(ctx, path, given)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	return err == nil && otherErr == nil && os.SameFile(one, other)
}

func (s *source) close() error {
	if s.watcher == nil {
		return nil
	}
	return s.watcher.Close()
}
