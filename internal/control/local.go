package control

import (
	"context"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/printable"
)

// localPause is between two looks whether a certificate of the local authority ends.
const localPause = 12 * time.Hour

// renewLocal has certificates of the local authority followed by others before they
// end, until ctx ends: an edge may run for longer than they live.
func (e *Edge) renewLocal(ctx context.Context) {
	repeatedly(ctx, localPause, func() {
		if !e.Serving().LocalEnds(time.Now()) {
			return
		}
		if err := e.changeServed(ctx); err != nil && ctx.Err() == nil {
			e.options.Log.Error("a certificate of the local authority cannot be renewed; it is tried again", "error", printable.FirstLine(err), "in", localPause)
		}
	})
}

// changeServed serves the site that is served, with what there is of certificates now.
// What stands in its files and templates meanwhile does not matter.
func (e *Edge) changeServed(ctx context.Context) error {
	_, err := e.change(ctx, func() (*transaction, error) {
		serving := e.Serving()
		return e.stageLoaded(ctx, serving.Path, serving.Templates, &config.Findings{Loaded: serving.Loaded})
	})
	return err
}

// repeatedly calls a function after each pause until ctx ends.
func repeatedly(ctx context.Context, pause time.Duration, do func()) {
	ticks := time.NewTicker(pause)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			do()
		}
	}
}
