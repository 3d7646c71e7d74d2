package control

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

// setup is what a daemon's processes have in common.
func (e *house) setup(g *generation.Generation, engine site.Engine) native.Setup {
	return native.Setup{
		Edge:       g.Loaded.Edge,
		Layout:     e.layout,
		Generation: g.Output.Of(engine).Generation,
		Credential: e.who.Daemons,
		Message:    e.message,
		Access:     e.recordOf,
		Untold:     e.untold,
		Objects:    native.Objects{Dir: statedir.ObjectsDir(e.state.dir, e.layout)},
		Unkept:     func(err error) { e.options.Log.Debug("VCL is compiled anew another time", "error", err) },
		Compiling:  compiling(e.options.Log),
		Once: func(ctx context.Context, p supervise.Process) (supervise.Exit, error) {
			return supervise.Once(ctx, p, e.state.instance)
		},
	}
}

// message logs what a process said. Where it speaks of a line of a rendered
// file the line of the HCL that it came from is named too.
func (e *house) message(name string, line []byte) {
	level, text := native.Judge(name, string(line))
	if common, crowd := native.OfACrowd(name, text); crowd {
		e.repeated.hear(e.options.Log, level, common, name)
		return
	}
	if common, request := native.OfARequest(name, text); request && level >= slog.LevelWarn && !e.repeated.pass(level, common, name) {
		return
	}
	if g := e.serving(); g != nil && g.Output != nil {
		if at, ok := g.Place(name, string(line)); ok {
			text = fmt.Sprintf("%s (%s:%d)", text, at.File, at.Line)
		}
	}
	e.options.Log.Log(context.Background(), level, text, "from", name)
}

// reloadTime bounds how long a daemon may take to serve another generation.
const reloadTime = 15 * time.Second
