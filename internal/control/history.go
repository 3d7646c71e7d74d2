package control

import (
	"runtime"
	"runtime/debug"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/history"
	"edgegen/internal/lastgood"
)

// keepRecords keeps what later starts and verbs need of a generation that serves. It
// returns before that is on the disk.
func (e *Edge) keepRecords(g *generation.Generation, began, settled time.Time) {
	e.Later.Go(func() {
		e.keeping.Lock()
		defer e.keeping.Unlock()
		giveBackMemory() // before the disk, which may take its time
		e.keepLastGood(g)
		e.keepHistory(g, began, settled)
		giveBackMemory()
	})
}

// keepLastGood stores a generation that serves, for a later start at which the
// site's files are refused.
func (e *Edge) keepLastGood(g *generation.Generation) {
	if e.Serving() != g {
		return // a later one is on its way
	}
	if err := lastgood.Store(lastgood.Dir(e.state.dir), g); err != nil {
		e.options.Log.Warn("keep the last good configuration", "error", err)
	}
}

// keepHistory keeps what explain needs of a generation that serves, to explain later what
// has come under it.
func (e *Edge) keepHistory(g *generation.Generation, began, settled time.Time) {
	kept := history.Generation{Number: g.Number, Site: absolute(g.Path), Version: e.options.Version, Engines: g.Tiers(), Private: g.Private, Model: g.Model, Edge: g.Loaded.Edge}
	if err := history.Keep(history.Dir(e.state.dir), kept, began, settled, e.options.secrets.hideJSON); err != nil {
		e.options.Log.Warn("keep what explain --id needs", "error", err)
	}
}

// giveBackMemory has the system have again what a start or a reload of many sites took
// and needs no longer. It would come back by and by, and where memory is short, too late.
func giveBackMemory() {
	const little = 96 << 20 // which is not worth a collection
	var now runtime.MemStats
	if runtime.ReadMemStats(&now); now.HeapSys-now.HeapReleased > little {
		debug.FreeOSMemory()
	}
}
