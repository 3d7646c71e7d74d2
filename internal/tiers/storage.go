package tiers

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

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
