// Package storage opens and changes what a cache stores in: memory, or a file.
package storage

import (
	"errors"
	"fmt"
	"os"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/site"
)

// Storage is where a model keeps its cache; a nil one is none. What a change loses:
//   - memory of another size: what does not fit into a smaller one;
//   - a file of another size: all of it, because the file is laid out anew;
//   - another path or type: nothing of what is stored there is used any more,
//     though a file keeps it for the day when its path is named again.
type Storage struct {
	Store *httpcache.Store
	kind  string
	path  string
	size  int64
	// place is where the file stands: beside path where the one at path is
	// still in use.
	place string
	made  bool // the file was not there before
}

// Beside is added to the name of the cache's file for one of another size,
// which takes the name when its model stays. A crash may leave it.
const Beside = ".next"

// Open opens what an edge asks for, or keeps what old has, which may be nil. Emptied tells
// that a purge came while a file was not in use: what is in it then is lost.
func Open(s site.Storage, old *Storage, emptied bool) (*Storage, error) {
	out := &Storage{kind: s.Type, path: s.Path, size: s.Size, place: s.Path}
	switch {
	case old != nil && old.kind == s.Type && old.path == s.Path && (old.size == s.Size || s.Type != "file"):
		out.Store, out.place = old.Store, old.place
		return out, nil
	case s.Type != "file":
		out.Store = httpcache.NewStore(s.Size)
		return out, nil
	case old != nil && old.place == s.Path:
		out.place += Beside
	}
	if emptied {
		if err := os.Remove(out.place); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("empty a cache storage of before a purge: %w", err)
		}
	}
	_, err := os.Lstat(out.place)
	out.made = errors.Is(err, os.ErrNotExist)
	out.Store, err = httpcache.OpenFile(out.place, s.Size)
	return out, err
}

// Resize has the store be of the size that the storage was opened with.
func (s *Storage) Resize() { s.Store.SetSize(s.size) }

// Close lets go of a storage that is not in force; unused tells that it never was.
func (s *Storage) Close(inForce *Storage, unused bool) error {
	if s == nil || inForce != nil && inForce.Store == s.Store {
		return nil
	}
	err := s.Store.Close()
	if s.kind == "file" && (s.place != s.path || unused && s.made) {
		err = errors.Join(err, os.Remove(s.place))
	}
	return err
}

// Settle gives the file its own name, once it is certain that the storage stays.
func (s *Storage) Settle() error {
	if s == nil || s.place == s.path {
		return nil
	}
	if err := os.Rename(s.place, s.path); err != nil {
		return fmt.Errorf("put the cache storage into its place: %w", err)
	}
	s.place = s.path
	return nil
}
