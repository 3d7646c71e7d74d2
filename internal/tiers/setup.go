package tiers

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

// setup is what a daemon's processes have in common.
func (e *House) setup(g *generation.Generation, engine site.Engine) native.Setup {
	return native.Setup{
		Edge:       g.Loaded.Edge,
		Layout:     e.Layout,
		Generation: g.Output.Of(engine).Generation,
		Credential: e.Who.Daemons,
		Message:    e.Message,
		Access:     e.recordOf,
		Untold:     e.edge.Untold,
		Objects:    native.Objects{Dir: statedir.ObjectsDir(e.StateDir, e.Layout)},
		Unkept:     func(err error) { e.Log.Debug("VCL is compiled anew another time", "error", err) },
		Compiling:  compiling(e.Log),
		Once: func(ctx context.Context, p supervise.Process) (supervise.Exit, error) {
			return supervise.Once(ctx, p, e.Instance)
		},
	}
}

// Message logs what a process said. Where it speaks of a line of a rendered
// file the line of the HCL that it came from is named too.
func (e *House) Message(name string, line []byte) {
	level, text := native.Judge(name, string(line))
	if common, crowd := native.OfACrowd(name, text); crowd {
		e.repeated.hear(e.Log, level, common, name)
		return
	}
	if common, request := native.OfARequest(name, text); request && level >= slog.LevelWarn && !e.repeated.pass(level, common, name) {
		return
	}
	if g := e.Serving(); g != nil && g.Output != nil {
		if at, ok := g.Place(name, string(line)); ok {
			text = fmt.Sprintf("%s (%s:%d)", text, at.File, at.Line)
		}
	}
	e.Log.Log(context.Background(), level, text, "from", name)
}

// recordOf writes what a daemon tells of a request. In place of a relay stands the
// server that was asked.
func (e *House) recordOf(r *accesslog.Record) {
	if e.Layout.IsRelay(strings.TrimPrefix(r.Backend, "unix:")) {
		r.Backend = e.piped.take(r.ID)
	}
	e.edge.Recorded(site.Varnish, r)
}

// lastTime bounds what is done before a process is asked to end.
const lastTime = time.Second

// leavingPause is between two looks at what an old process still serves.
const leavingPause = time.Second

// reloadTime bounds how long a daemon may take to serve another generation.
const reloadTime = 15 * time.Second
