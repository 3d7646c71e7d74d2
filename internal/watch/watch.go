// Package watch turns many file events into one quiet signal: the content of
// what is followed has changed, and has come to rest.
//
// A path is followed through every link and directory on the way to it, so
// that it does not matter how a file is replaced: written in place, renamed
// over, reached through a link that is swapped, gone for a while, or in a
// directory that is made anew. What counts is the content: a file that is
// touched, or replaced by an equal one, is no change.
//
// The kernel reports changes to files that this machine makes. Where it cannot,
// because a limit is reached or a directory on the way may not be read, the
// files are looked at time and again. A file system that another machine
// changes too, such as NFS, is not noticed before a file on it is changed here.
package watch

import (
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say how patient a Watcher is. The zero value of each field stands
// for the default named beside it.
type Options struct {
	Quiet   time.Duration // how long nothing may happen before a change is told; 100 ms
	Longest time.Duration // how long a change may be held back while more happens; 2 s
	Poll    time.Duration // how often to look where the kernel cannot tell; 1 s

	// Counts says which files of a directory that is followed make up its content,
	// by their names; those that end in .hcl and are not hidden.
	Counts func(name string) bool

	// Log is told, once, that the kernel cannot tell; nil is silence.
	Log *slog.Logger
}

func (o Options) completed() Options {
	if o.Quiet <= 0 {
		o.Quiet = 100 * time.Millisecond
	}
	if o.Longest <= 0 {
		o.Longest = 2 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Counts == nil {
		o.Counts = func(name string) bool { return strings.HasSuffix(name, ".hcl") && !strings.HasPrefix(name, ".") }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Watcher follows a set of paths. Its methods may be called from any goroutine.
// Make one with New, before what it is to watch over is read for the first
// time, and close it.
type Watcher struct {
	options Options
	kernel  *kernel       // nil where there is none to be had
	changes chan struct{} // holds one signal
	stirred chan struct{} // holds one hint that something may have changed

	mu      sync.Mutex
	paths   []string
	seen    map[string]content // what each path held when it was told last, or followed first
	since   time.Time          // what was changed earlier has been told
	samples map[string]sample  // what files held, by their paths without links
	blind   bool               // the kernel does not see everything
	told    bool               // and the log knows
}

// New returns a Watcher that follows nothing yet.
func New(options Options) *Watcher {
	w := &Watcher{
		options: options.completed(),
		changes: make(chan struct{}, 1),
		stirred: make(chan struct{}, 1),
		since:   time.Now(),
	}
	var err error
	if w.kernel, err = openKernel(w.stir); err != nil {
		w.goBlind(err)
	}
	return w
}

// Close releases what New took. It is called once, after Run has returned.
func (w *Watcher) Close() error {
	if w.kernel == nil {
		return nil
	}
	return w.kernel.close()
}

// Changes is where a change is told. One that comes while nobody receives is
// kept, and as many as come then are one.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Follow replaces the set of followed paths, and is to be called after each
// load with what that load was made of. A path names a file, which need not
// exist, or a directory, which stands for the files in it that end in .hcl and
// are not hidden. A relative path is one from the working directory.
//
// No change is lost between a load and Follow. A path that was followed before
// is compared with what it held when it was told last. One that is new is told
// as a change where it was touched since the last signal, or since New, though
// the load may have seen that already.
func (w *Watcher) Follow(paths []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paths = nil
	for _, path := range paths {
		if absolute, err := filepath.Abs(path); err == nil {
			path = absolute
		}
		w.paths = append(w.paths, path)
	}
	slices.Sort(w.paths)
	w.paths = slices.Compact(w.paths)

	found, told := w.look(), w.seen
	w.seen = make(map[string]content)
	for path, now := range found.holds {
		if before, known := told[path]; known {
			w.seen[path] = before
		} else if found.touched[path].Before(w.since.Add(-clockStep)) {
			w.seen[path] = now
		}
	}
	w.stir()
}

// clockStep is more than the kernel's clock for files may be behind.
const clockStep = 20 * time.Millisecond

// Run tells changes until ctx ends, and returns nil then.
func (w *Watcher) Run(ctx context.Context) error {
	var polling sync.WaitGroup
	defer polling.Wait()
	polling.Go(func() { w.poll(ctx) })
	settle(ctx, w.stirred, w.options.Quiet, w.options.Longest, w.compare)
	return nil
}

// stir hints that something may have changed.
func (w *Watcher) stir() {
	select {
	case w.stirred <- struct{}{}:
	default:
	}
}

// compare tells a change where there is one.
func (w *Watcher) compare() {
	w.mu.Lock()
	defer w.mu.Unlock()
	began := time.Now()
	found := w.look()
	if maps.Equal(found.holds, w.seen) {
		return
	}
	w.seen, w.since = found.holds, began
	select {
	case w.changes <- struct{}{}:
	default:
	}
}

// poll looks where the kernel cannot.
func (w *Watcher) poll(ctx context.Context) {
	tick := time.NewTicker(w.options.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if w.missed() {
				w.stir()
			}
		}
	}
}

func (w *Watcher) missed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blind && !maps.Equal(w.trace().holds, w.seen)
}

// goBlind has the files polled from now on; w.mu is held, or nobody else has w.
func (w *Watcher) goBlind(reason error) {
	w.blind = true
	if !w.told {
		w.told = true
		w.options.Log.Warn("the kernel cannot report every change to the site's files; checking them regularly instead",
			"every", w.options.Poll, "reason", reason)
	}
}
