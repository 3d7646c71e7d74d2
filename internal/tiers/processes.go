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

// Launch keeps a process running from now on.
func (e *House) Launch(p supervise.Process) (*supervise.Kept, error) {
	r, err := e.keeper(p)
	if err == nil {
		r.Begin()
	}
	return r, err
}

// keeper makes ready to keep a process running, and to log what becomes of it.
func (e *House) keeper(p supervise.Process) (*supervise.Kept, error) {
	tell := p.OnChange
	p.OnChange = func(s supervise.Status) {
		e.changed(s)
		if tell != nil {
			tell(s)
		}
	}
	return supervise.Keep(p, e.Instance)
}

// launchReady keeps a process running and waits until it answers. One that does not
// answer in time is tried again all the same.
func (e *House) launchReady(ctx context.Context, g *generation.Generation, p supervise.Process) (*supervise.Kept, error) {
	r, err := e.Launch(p)
	if err != nil {
		return nil, err
	}
	return r, e.awaitReady(ctx, r, p.Name, patienceWith(g))
}

// startPatience is how long a daemon may take to answer before the builtin tier
// serves meanwhile, and sitePatience what it gets for each site besides. Most take a
// tenth of a second, but varnishd has to compile and stunnel to read the files of the
// sites: some ten milliseconds each, and more where the machine has much else to do.
const (
	startPatience = 30 * time.Second
	sitePatience  = 30 * time.Millisecond
)

// patienceWith is that of a generation.
func patienceWith(g *generation.Generation) time.Duration {
	return startPatience + time.Duration(len(g.Loaded.Edge.Sites))*sitePatience
}

// awaitReady waits until a daemon answers, no longer than it may take where
// somebody can stand in for it.
func (e *House) awaitReady(ctx context.Context, r *supervise.Kept, name string, patience time.Duration) error {
	waiting := ctx
	if !e.NoTakeover && !e.Served.Load() {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	err := r.WaitReady(waiting)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && waiting.Err() != nil:
		return fmt.Errorf("start %s: it has not answered for %s", name, patience)
	}
	return fmt.Errorf("start %s: %w", name, err)
}

// setup is what a daemon's processes have in common.
func (e *House) setup(g *generation.Generation, engine site.Engine) native.Setup {
	return native.Setup{
		Edge:       g.Loaded.Edge,
		Layout:     e.Layout,
		Generation: g.Output.Of(engine).Generation,
		Credential: e.Who.Daemons,
		Message:    e.Message,
		Access:     func(r *accesslog.Record) { e.recordOf(engine, r) },
		Untold:     e.edge.Untold,
		Objects:    native.Objects{Dir: statedir.ObjectsDir(e.StateDir, e.Layout)},
		Unkept:     func(err error) { e.Log.Debug("cannot keep compiled VCL; it will be compiled again", "error", err) },
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
func (e *House) recordOf(daemon site.Engine, r *accesslog.Record) {
	if e.Layout.IsRelay(strings.TrimPrefix(r.Backend, "unix:")) {
		r.Backend = e.piped.take(r.ID)
	}
	e.edge.Recorded(daemon, r)
}

// lastTime bounds what is done before a process is asked to end.
const lastTime = time.Second

// leavingPause is between two looks at what an old process still serves.
const leavingPause = time.Second

// reloadTime bounds how long a daemon may take to serve another generation.
const reloadTime = 15 * time.Second
