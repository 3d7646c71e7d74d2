package control

import (
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/history"
)

// keepHistory keeps what explain needs of a generation that serves, to explain later what
// has come under it. It returns before that is on the disk.
func (e *Edge) keepHistory(g *generation.Generation, began, settled time.Time) {
	e.later.Go(func() {
		e.keeping.Lock()
		defer e.keeping.Unlock()
		kept := history.Generation{Number: g.Number, Site: absolute(g.Path), Version: e.options.Version, Engines: g.Tiers(), Private: g.Private, Edge: g.Loaded.Edge}
		if err := history.Keep(history.Dir(e.state.dir), kept, began, settled, e.options.secrets.hideJSON); err != nil {
			e.options.Log.Warn("keep what explain --id needs", "error", err)
		}
	})
}
