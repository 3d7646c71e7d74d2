package control

import (
	"context"
	"fmt"
	"sync"

	"edgegen/internal/config"
	"edgegen/internal/watch"
)

// attend does what it is asked to until ctx ends.
func (e *Edge) attend(ctx context.Context) {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	var changes <-chan struct{}
	if e.watcher != nil {
		changes = e.watcher.Changes()
		waiting.Go(func() {
			if err := e.watcher.Run(ctx); err != nil {
				e.options.Log.Error("the site's files are not watched any more", "error", err)
			}
		})
	}
	waiting.Go(func() { e.watchdog(ctx) })
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			e.reloadAsked(ctx)
		case <-e.options.Hangup:
			e.reloadAsked(ctx)
		case <-e.options.Reopen:
			if err := e.access.reopen(); err != nil {
				e.options.Log.Error("open the access log anew; lines go on to the old file", "error", err)
			}
		}
	}
}

// reloadAsked reloads where nobody waits for the answer: it is in the log.
func (e *Edge) reloadAsked(ctx context.Context) {
	_, _ = e.reload(ctx)
}

// watchdog tells the service manager that the edge is alive, which it is while
// nothing that it does takes for ever.
func (e *Edge) watchdog(ctx context.Context) {
	healthy := func(ctx context.Context) error {
		if err := e.begin(ctx); err != nil {
			return fmt.Errorf("what the edge began does not end: %w", err)
		}
		e.end()
		return nil
	}
	if err := e.options.Notify.Watchdog(ctx, healthy); err != nil {
		e.options.Log.Warn("the service manager's watchdog", "error", err)
	}
}

// watcher watches the files of the site; nil where nobody wants to know of
// changes.
type watcher struct{ *watch.Watcher }

// newWatcher is called before the site is read for the first time.
func newWatcher(o Options) *watcher {
	if !o.Watch {
		return nil
	}
	return &watcher{watch.New(watch.Options{Log: o.Log})}
}

// follow names the files of a site that was loaded, or refused.
func (w *watcher) follow(path string, loaded *config.Loaded) {
	if w != nil {
		w.Follow(append([]string{path}, loaded.Files...))
	}
}

func (w *watcher) close() error {
	if w == nil {
		return nil
	}
	return w.Close()
}
