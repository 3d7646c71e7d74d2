package control

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// attend reloads when a signal or a changed file asks for it, and keeps the edge's logs
// and directories in order, until ctx ends.
func (e *Edge) attend(ctx context.Context) {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	var changes <-chan struct{}
	if watcher := e.source.watcher; watcher != nil {
		changes = watcher.Changes()
		waiting.Go(func() {
			if err := watcher.Run(ctx); err != nil {
				e.options.Log.Error("no longer watching the site's files: changes do not reload the edge", "error", err)
			}
		})
	}
	waiting.Go(func() { e.watchdog(ctx) })
	waiting.Go(func() { e.reopenLogs(ctx) })
	waiting.Go(func() { e.keep(ctx) })
	waiting.Go(func() { e.renewLocal(ctx) })
	waiting.Go(func() { e.rotateTickets(ctx) })
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			e.reloadAsked(ctx)
		case <-e.options.Hangup:
			e.reloadAsked(ctx)
		}
	}
}

// reopenLogs opens the access log's file anew when it is asked to. It does not wait for a
// reload that is under way, since the old file may be deleted soon.
func (e *Edge) reopenLogs(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.options.Reopen:
			if err := e.access.Reopen(); err != nil {
				e.logNotReopened(err)
			}
		}
	}
}

// reloadAsked reloads for somebody who does not wait for the answer: the log has it.
func (e *Edge) reloadAsked(ctx context.Context) {
	_, _ = e.reload(ctx)
}

// watchdog tells the service manager at intervals that the edge is alive, as long as no
// step that it has begun takes longer than busyLimit.
func (e *Edge) watchdog(ctx context.Context) {
	healthy := func(context.Context) error {
		limit := busyLimit + e.Serving().Loaded.Edge.Timeout.Drain
		if since := e.Turns.Busy.Load(); since != nil && time.Since(*since) > limit {
			return fmt.Errorf("what the edge began %s ago does not end", time.Since(*since).Round(time.Second))
		}
		return nil
	}
	if err := e.options.Notify.Watchdog(ctx, healthy); err != nil {
		e.options.Log.Warn("no keep-alive sent to the service manager's watchdog", "error", err)
	}
}

// busyLimit is longer than any step of a reload takes, a drain aside. The start of an app
// may take longer still, but nobody holds the turn while waiting for one.
const busyLimit = 5 * time.Minute
