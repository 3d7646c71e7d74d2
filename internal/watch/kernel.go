package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// kernel hears of changes from the kernel.
type kernel struct {
	watcher *fsnotify.Watcher
	heeded  atomic.Pointer[heed]
	pumping sync.WaitGroup
}

// heed is what is watched, and which of the events there count: /tmp, on the
// way to a file, sees many that do not.
type heed struct {
	watched map[string]bool // directories and files
	counted map[string]bool // paths whose events count
	listed  map[string]bool // directories in which the event of any file that counts does
	lists   func(name string) bool
}

func (h *heed) equals(other *heed) bool {
	return maps.Equal(h.watched, other.watched) && maps.Equal(h.counted, other.counted) && maps.Equal(h.listed, other.listed)
}

func (h *heed) counts(path string) bool {
	path = filepath.Clean(path)
	directory, name := filepath.Split(path)
	return h.counted[path] || h.listed[filepath.Clean(directory)] && h.lists(name)
}

// openKernel has stir called, which must return at once, when something may
// have changed.
func openKernel(stir func()) (*kernel, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, explained(err)
	}
	k := &kernel{watcher: watcher}
	k.heeded.Store(new(heed))
	k.pumping.Go(func() { k.pump(stir) })
	return k, nil
}

func (k *kernel) close() error {
	err := k.watcher.Close()
	k.pumping.Wait()
	return err
}

// pump takes what fsnotify reports, without waiting for anybody: fsnotify holds
// a lock while it waits for the receiver of an error, which Add wants too.
func (k *kernel) pump(stir func()) {
	events, problems := k.watcher.Events, k.watcher.Errors
	for events != nil || problems != nil {
		select {
		case event, open := <-events:
			if !open {
				events = nil
			} else if k.heeded.Load().counts(event.Name) {
				stir()
			}
		case _, open := <-problems:
			if !open {
				problems = nil
			} else {
				stir() // events were lost, or a watch; a look watches everything again
			}
		}
	}
}

// watch makes the kernel report what counts. Whatever is watched is asked for
// again, since a path may by now lead to something else. The error says that
// something cannot be watched; what does not exist is no error, as the
// directory in which it will appear is watched too.
func (k *kernel) watch(what *heed) error {
	for _, path := range k.watcher.WatchList() {
		if !what.watched[path] {
			_ = k.watcher.Remove(path) // an error means that it is gone
		}
	}
	var first error
	for path := range what.watched {
		err := k.watcher.Add(path)
		if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if first == nil {
			first = fmt.Errorf("watch %s: %w", path, explained(err))
		}
	}
	return first
}

// explained names the limit that was reached.
func explained(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return errors.New("the limit fs.inotify.max_user_watches is reached")
	case errors.Is(err, syscall.EMFILE):
		return errors.New("the limit fs.inotify.max_user_instances, or that of open files, is reached")
	}
	return err
}
