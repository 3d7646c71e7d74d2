package tiers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"edgegen/internal/config"
	"edgegen/internal/dataplane/storage"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// storageOf has a new cache tier begin with a file of its own. A file that stands at its
// path is put aside, since another server may go on reading and writing it, and comes
// back if the change is undone. The result is nil where nothing is stored in a file.
func (e *House) storageOf(s Server, next *generation.Generation) Step {
	storage := next.Loaded.Edge.Storage
	if storage.Type != "file" || next.Loaded.Edge.Uncached() || !slices.Contains(s.Roles(), site.CacheTier) {
		return nil
	}
	return &storageStep{house: e, next: next, file: asideFile{path: storage.Path}}
}

type storageStep struct {
	NoStep
	house *House
	next  *generation.Generation
	file  asideFile
}

func (s *storageStep) Commit(context.Context) error {
	if err := s.file.goAside(); err != nil {
		return config.RefusedAt(s.next.Loaded, s.next.Loaded.Edge.Storage.Source, fmt.Errorf("exchange the cache's file: %w", err), "name a file in a directory that edgegen may write in")
	}
	return nil
}

func (s *storageStep) Undo(context.Context) error { return s.file.comeBack() }

func (s *storageStep) Finish(context.Context) {
	if err := removeFile(s.file.aside()); err != nil {
		s.house.Log.Warn("cannot remove the old cache file", "error", err)
	}
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

// TidyStorage removes what a crash in the middle of a change has left beside the
// cache's file.
func TidyStorage(s site.Storage) error {
	if s.Type != "file" {
		return nil
	}
	return errors.Join(removeFile(s.Path+asideName), removeFile(s.Path+storage.Beside))
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

// checkStorage looks whether varnishd's file can be made, and makes nothing yet.
func (e *House) checkStorage(g *generation.Generation) error {
	storage := g.Loaded.Edge.Storage
	if storage.Type != "file" || !g.Native(site.CacheTier) {
		return nil
	}
	dir := filepath.Dir(storage.Path)
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return config.RefusedAt(g.Loaded, storage.Source, fmt.Errorf("look at the directory of the cache's file %s: %w", storage.Path, err), "name a file of its own in a directory that is there")
	}
	if storage.Size > int64(disk.Blocks)*disk.Bsize {
		return config.RefusedAt(g.Loaded, storage.Source, fmt.Errorf("the disk below %s is smaller than the cache's size", dir), "name a smaller size, or a file on another disk")
	}
	return nil
}

// makeStorage makes varnishd's file, which belongs to the daemons. Where the edge
// serves already, somebody who has a file of that name open, such as a builtin
// tier that has been left, keeps it without the name.
func (e *House) makeStorage(g *generation.Generation) error {
	storage := g.Loaded.Edge.Storage
	if storage.Type != "file" || !g.Native(site.CacheTier) || e.storage.is(storage.Path) {
		return nil
	}
	uid, gid := e.Who.Owner()
	file, err := openStorage(storage.Path, uid, gid)
	if errors.Is(err, errInUse) && e.Served.Load() {
		if err = os.Remove(storage.Path); err == nil {
			file, err = openStorage(storage.Path, uid, gid)
		}
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return config.RefusedAt(g.Loaded, storage.Source, fmt.Errorf("make the cache's file: %w", err), "name a file of its own in a directory that is there")
	}
	return nil
}
