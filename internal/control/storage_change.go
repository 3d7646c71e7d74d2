package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"edgegen/internal/dataplane"
	"edgegen/internal/site"
)

// withStorage has a new cache tier begin with a file of its own. What stands at
// its path goes aside, since whoever has it open goes on reading and writing it,
// and comes back where the change is undone.
func (e *Edge) withStorage(c *change, s server, next *generation) *change {
	storage := next.loaded.Edge.Storage
	if storage.Type != "file" || !slices.Contains(s.roles(), RoleCache) {
		return c
	}
	file := &asideFile{path: storage.Path}
	commit, undo := c.commit, c.undo
	c.commit = func(ctx context.Context) error {
		if err := file.goAside(); err != nil {
			return refusedAt(next.loaded, storage.Source, fmt.Errorf("exchange the cache's file: %w", err), "name a file in a directory that edgegen may write in")
		}
		return commit(ctx)
	}
	c.undo = func(ctx context.Context) error { return errors.Join(undo(ctx), file.comeBack()) }
	c.finish = func(context.Context) {
		if err := removeFile(file.aside()); err != nil {
			e.options.Log.Warn("remove the file of the cache that was served before", "error", err)
		}
	}
	return c
}

// asideFile is a path at which one file stands for another. The file that was
// there keeps a name meanwhile, because one without any cannot get its own back.
type asideFile struct {
	path  string
	state fileState
}

type fileState int

const (
	untouched fileState = iota
	absent              // nothing was there
	beside              // what was there has the other name
)

func (f *asideFile) aside() string { return f.path + asideName }

const asideName = ".before"

// goAside makes way. What is no file stays, for whoever opens it to refuse.
func (f *asideFile) goAside() error {
	info, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.state = absent
		return nil
	case err != nil || !info.Mode().IsRegular():
		return err
	}
	if err := os.Rename(f.path, f.aside()); err != nil {
		return err
	}
	f.state = beside
	return nil
}

// comeBack puts things as they were; the file that stands there now loses its
// name.
func (f *asideFile) comeBack() error {
	switch f.state {
	case absent:
		return removeFile(f.path)
	case beside:
		return os.Rename(f.aside(), f.path)
	}
	return nil
}

// tidyStorage removes what a crash in the middle of a change has left beside the
// cache's file.
func tidyStorage(s site.Storage) error {
	if s.Type != "file" {
		return nil
	}
	return errors.Join(removeFile(s.Path+asideName), removeFile(s.Path+dataplane.StorageBeside))
}

// removeFile removes a file where there is one, and nothing else.
func removeFile(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	return os.Remove(path)
}
