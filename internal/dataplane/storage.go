package dataplane

import (
	"errors"
	"fmt"
	"os"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/site"
)

// storage is where a model keeps its cache. What a change loses:
//   - memory of another size: what does not fit into a smaller one;
//   - a file of another size: all of it, because the file is laid out anew;
//   - another path or type: nothing of what is stored there is used any more,
//     though a file keeps it for the day when its path is named again.
type storage struct {
	store *httpcache.Store
	kind  string
	path  string
	size  int64
	// place is where the file stands: beside path where the one at path is
	// still in use.
	place string
	made  bool // the file was not there before
}

// StorageBeside is added to the name of the cache's file for one of another size,
// which takes the name when its model stays. A crash may leave it.
const StorageBeside = ".next"

// storage opens what the edge asks for, or keeps what old has.
func (p *Plane) storage(s site.Storage, old *storage) (*storage, error) {
	if p.options.CacheMemory > 0 {
		s = site.Storage{Type: "memory", Size: p.options.CacheMemory}
	}
	if p.options.Roles.Shares {
		s = site.Storage{Type: "memory", Size: p.options.SharedMemory}
	}
	out := &storage{kind: s.Type, path: s.Path, size: s.Size, place: s.Path}
	switch {
	case old != nil && old.kind == s.Type && old.path == s.Path && (old.size == s.Size || s.Type != "file"):
		out.store, out.place = old.store, old.place
		return out, nil
	case s.Type != "file":
		out.store = httpcache.NewStore(s.Size)
		return out, nil
	case old != nil && old.place == s.Path:
		out.place += StorageBeside
	}
	if p.emptied.Load() {
		if err := os.Remove(out.place); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("empty a cache storage of before a purge: %w", err)
		}
	}
	_, err := os.Lstat(out.place)
	out.made = errors.Is(err, os.ErrNotExist)
	out.store, err = httpcache.OpenFile(out.place, s.Size)
	return out, err
}

// close lets go of a storage that is not in force; unused tells that it never
// was.
func (s *storage) close(inForce *storage, unused bool) error {
	if s == nil || inForce != nil && inForce.store == s.store {
		return nil
	}
	err := s.store.Close()
	if s.kind == "file" && (s.place != s.path || unused && s.made) {
		err = errors.Join(err, os.Remove(s.place))
	}
	return err
}

// settle gives the file its own name.
func (s *storage) settle() error {
	if s == nil || s.place == s.path {
		return nil
	}
	if err := os.Rename(s.place, s.path); err != nil {
		return fmt.Errorf("put the cache storage into its place: %w", err)
	}
	s.place = s.path
	return nil
}
