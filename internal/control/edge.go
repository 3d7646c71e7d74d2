package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/systemd"
)

// Edge is one running edge. It owns the public listeners and the processes.
type Edge struct {
	options Options
	state   *state
	who     identity
	layout  render.Layout
	access  *accessLog
	source  *source
	started time.Time
	phase   atomic.Value // a phase
	served  atomic.Bool  // it has been ready once

	turns *turns
	spare []*listener         // that a service manager passed and the site does not name now
	inner map[string]*os.File // sockets between the tiers that edgegen holds, by path
	// freeVarnish waits for a varnishd that is being retired; nil where none was.
	freeVarnish func()
	// life ends when what is left of earlier generations has to end too; later
	// is what waits for that.
	life    context.Context
	asked   context.Context // ends when the edge is to stop
	hurry   context.Context // ends when it is to stop at once
	die     context.CancelFunc
	later   sync.WaitGroup
	leaving leavers
	keeping sync.Mutex // held while the last good generation is stored

	mu         sync.Mutex  // guards what follows; the values are not changed, but replaced
	generation *generation // that is served; nil before the first
	servers    []server    // from the inside out
	apps       []*app
	unused     []*app // whose place others have taken, and which still have work
	last       *ReloadStatus
}

func newEdge(o Options, s *state, from *source) *Edge {
	if o.Notify == nil {
		o.Notify = &systemd.Notifier{}
	}
	e := &Edge{options: o, state: s, source: from, turns: newTurns(), inner: make(map[string]*os.File), started: time.Now()}
	e.phase.Store(starting)
	e.life, e.die = context.WithCancel(context.Background())
	e.asked, e.hurry = context.Background(), context.Background()
	return e
}

// serving returns the generation that is served.
func (e *Edge) serving() *generation {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.generation
}

func (e *Edge) serversNow() []server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.servers
}

// first makes the first generation: everything that can fail before anything is
// started. The edge is to be released also where there is an error.
func (e *Edge) first(ctx context.Context, loaded *config.Loaded, diagnostics config.Diagnostics) (err error) {
	found := &findings{loaded: loaded, all: diagnostics}
	if e.who = identify(loaded.Edge, found); found.refusal() != nil {
		return found.refusal()
	}
	if e.layout, err = makeRuntime(e.state.dir, e.who, e.state.instance.RemoveAtEnd); err != nil {
		return err
	}
	given := &pool{open: given(e.options.Listeners)}
	g, err := e.generate(ctx, loaded, e.options.Site, nil, given, found)
	if err != nil {
		closeListeners(given.opened)
		return err
	}
	e.spare = given.open
	e.warnSpare(nil)
	e.generation = g
	e.announceEngines(g)
	if e.access, err = openAccessLog(loaded.Edge.Log, e.options.Access, e.options.Log); err != nil {
		return refusedAt(loaded, loaded.Edge.Log.Source, err, `name a file in a directory that is there, "stdout" or "off"`)
	}
	if err := e.write(g); err != nil {
		return err
	}
	if err := e.enter(g); err != nil {
		return err
	}
	if len(found.all) > 0 {
		e.options.Warn(found.all)
	}
	return nil
}

// checkStorage looks whether varnishd's file can be made, and makes nothing yet.
func (e *Edge) checkStorage(g *generation) error {
	storage := g.loaded.Edge.Storage
	if storage.Type != "file" || !g.native(RoleCache) {
		return nil
	}
	dir := filepath.Dir(storage.Path)
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return refusedAt(g.loaded, storage.Source, fmt.Errorf("look at the directory of the cache's file %s: %w", storage.Path, err), "name a file of its own in a directory that is there")
	}
	if storage.Size > int64(disk.Blocks)*disk.Bsize {
		return refusedAt(g.loaded, storage.Source, fmt.Errorf("the disk below %s is smaller than the cache's size", dir), "name a smaller size, or a file on another disk")
	}
	return nil
}

// makeStorage makes varnishd's file, which belongs to the daemons.
func (e *Edge) makeStorage(g *generation) error {
	storage := g.loaded.Edge.Storage
	if storage.Type != "file" || !g.native(RoleCache) {
		return nil
	}
	uid, gid := e.who.owner()
	if err := giveStorage(storage.Path, uid, gid); err != nil {
		return refusedAt(g.loaded, storage.Source, fmt.Errorf("make the cache's file: %w", err), "name a file of its own in a directory that is there")
	}
	return nil
}

// giveStorage makes a file, where it is not there, and gives it away. Whoever it
// is given to may be able to write in its directory, and must not get what a
// link there leads to.
func giveStorage(path string, uid, gid int) error {
	// Opening a pipe must not wait for its other end.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return fmt.Errorf("%s is a symbolic link", path)
	}
	if err != nil {
		return err
	}
	defer file.Close() // nothing is written
	var info unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &info); err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	switch {
	case info.Mode&unix.S_IFMT != unix.S_IFREG:
		return fmt.Errorf("%s is not a regular file", path)
	case int(info.Uid) == uid && int(info.Gid) == gid:
		return nil
	case info.Nlink != 1:
		return fmt.Errorf("%s has another name too", path)
	}
	return file.Chown(uid, gid)
}

// release closes what the edge holds itself. Its processes have ended.
func (e *Edge) release() {
	e.die()
	e.later.Wait()
	if g := e.serving(); g != nil {
		closeListeners(g.public.all())
	}
	for _, file := range e.inner {
		_ = file.Close() // nothing is written to a listener
	}
	if e.access != nil {
		e.access.close()
	}
}
