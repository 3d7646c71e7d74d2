package tiers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// Stage looks at what varnish has to do about the next generation: nothing,
// another VCL, other parameters, or a restart.
func (v *varnishServer) Stage(ctx context.Context, next *generation.Generation) (*Change, error) {
	was, c := v.house.Serving(), v.nothing()
	if v.bonded(was) != v.bonded(next) {
		c.then(onFinish(func(ctx context.Context) { v.standByAnother(ctx, next) }))
	}
	parameters, restart := v.native.Change(next.Output.Of(v.Engine).Arguments)
	var why []string
	if was.Output.Of(v.Engine).Generation != next.Output.Of(v.Engine).Generation {
		why = append(why, "default.vcl")
	}
	if names := parameterNames(parameters); len(names) > 0 {
		why = append(why, strings.Join(names, ", "))
	}
	logs := logChanges(was.Loaded.Edge, next.Loaded.Edge)
	if logs {
		why = append(why, "the access log")
	}
	why = append(why, restart...)
	if len(why) == 0 {
		c.then(onFinish(func(context.Context) { v.follow(next) }))
		return v.withStandIn(ctx, next, c)
	}
	c.plan(api.Reload, why...)
	switch {
	case !v.runs():
		if err := v.house.checkStorage(next); err != nil {
			return c, err
		}
		if err := v.checkWhileDown(ctx, was, next, v.check); err != nil {
			return c, err
		}
		c.then(&varnishStart{server: v, was: was, next: next})
	case len(restart) > 0:
		c.plan(api.Restart, why...)
		c.Plans[0].WebSockets, c.Uncounted = v.webSockets()
		if err := v.house.checkStorage(next); err != nil {
			return c, err
		}
		tried, err := v.load(ctx, next)
		if err != nil {
			return c, err
		}
		c.then(&varnishRestart{server: v, was: was, next: next, tried: tried})
	default:
		loaded, err := v.load(ctx, next)
		if err != nil {
			return c, err
		}
		c.then(loaded)
	}
	c.then(onFinish(func(ctx context.Context) { v.afterwards(ctx, next, logs) }))
	return v.withStandIn(ctx, next, c)
}

// standByAnother is standBy for who may stand in from now on.
func (v *varnishServer) standByAnother(ctx context.Context, next *generation.Generation) {
	if err := v.standBy(ctx, next); err != nil {
		v.house.Log.Error("cannot prepare a new stand-in", "from", v.Engine, "error", err)
	}
}

// follow leads the next start to the files of a generation: those of the one
// before are about to go.
func (v *varnishServer) follow(g *generation.Generation) { v.native.Next(g.Output, v.house.Dir(g)) }

// logChanges reports whether somebody is to hear of requests now, or not any longer;
// where and how lines are written is edgegen's to change.
func logChanges(was, next *site.Edge) bool { return was.Recorded() != next.Recorded() }

// varnishLoaded is a VCL that has been loaded beside the one in use, and
// parameters.
type varnishLoaded struct {
	server *varnishServer
	next   *generation.Generation
	staged *native.StagedVCL
	told   int // the varnishd that has it
}

var _ Step = (*varnishLoaded)(nil)

// load is called only where there is something for varnishd to do.
func (v *varnishServer) load(ctx context.Context, next *generation.Generation) (*varnishLoaded, error) {
	told := v.process().Status().PID
	staged, err := v.stageVCL(ctx, next)
	if err != nil {
		if refused := v.refused(next, err); refused != nil {
			return nil, refused
		}
		return nil, fmt.Errorf("load default.vcl: %w", err)
	}
	return &varnishLoaded{server: v, next: next, staged: staged, told: told}, nil
}

func (l *varnishLoaded) Commit(ctx context.Context) error {
	v := l.server
	err := l.staged.Use(ctx)
	if err == nil {
		err = v.probe(ctx)
	}
	if err != nil && v.hasEnded(ctx, l.told) {
		err = v.settle(ctx, l.told)
	}
	if err != nil {
		return fmt.Errorf("use the new default.vcl: %w", err)
	}
	return v.process().Update(v.describe())
}

func (l *varnishLoaded) Undo(ctx context.Context) error {
	if err := l.staged.Restore(ctx); err != nil {
		return l.server.anotherOf(ctx, l.told, err)
	}
	l.Abandon(ctx)
	return l.server.process().Update(l.server.describe())
}

func (l *varnishLoaded) Abandon(ctx context.Context) {
	if !l.server.runs() {
		return // and with it has gone what it held
	}
	if err := l.staged.Abandon(ctx); err != nil {
		l.server.house.Log.Warn("cannot unload an unused VCL", "error", err)
	}
}

func (l *varnishLoaded) Finish(ctx context.Context) {
	if !l.staged.Changed() || !l.server.runs() {
		return
	}
	if err := l.server.native.Tidy(ctx); err != nil {
		l.server.house.Log.Warn("cannot unload old VCLs", "error", err)
	}
}

// stageTime bounds the compilation of all VCLs of a large site.
const stageTime = 2 * time.Minute

// stageVCL makes sure first that varnishd's manager listens, which is not seen
// from outside: its child serves without it.
func (v *varnishServer) stageVCL(ctx context.Context, next *generation.Generation) (*native.StagedVCL, error) {
	ctx, cancel := context.WithTimeout(ctx, stageTime)
	defer cancel()
	asking, done := context.WithTimeout(ctx, probeTime)
	defer done()
	if err := v.native.CLI.Ping(asking); err != nil {
		return nil, fmt.Errorf("varnishd does not answer on its command line: %w", err)
	}
	return v.native.Stage(ctx, next.Output, v.house.Dir(next))
}

// varnishStart changes what the next start of a varnishd that is down will find.
type varnishStart struct {
	NoStep
	server    *varnishServer
	was, next *generation.Generation
}

func (s *varnishStart) Commit(ctx context.Context) error {
	v := s.server
	return errors.Join(v.house.makeStorage(s.next), v.adopt(s.next), v.anew(ctx))
}

func (s *varnishStart) Undo(ctx context.Context) error {
	return errors.Join(s.server.adopt(s.was), s.server.anew(ctx))
}

// check has varnishd compile the VCL of a generation, which the one that serves
// need not know of.
func (v *varnishServer) check(ctx context.Context, g *generation.Generation) error {
	ctx, cancel := context.WithTimeout(ctx, stageTime)
	defer cancel()
	setup := v.house.setup(g, v.Engine)
	setup.Layout.Dir = v.house.Dir(g)
	for _, file := range g.Output.Of(v.Engine).VCLFiles() {
		if len(g.Output.Of(v.Engine).Parts) > 0 && file.Name == "default.vcl" {
			continue // it names the parts, which varnishd would have to have loaded
		}
		var said strings.Builder
		collect := func(line []byte) { fmt.Fprintf(&said, "%s\n", line) }
		exit, err := supervise.Once(ctx, native.VarnishCheck(v.Chosen.Daemon, setup, file.Name, collect), v.house.Instance)
		if err != nil {
			return fmt.Errorf("check %s: %w", file.Name, err)
		}
		if exit.Code != 0 && native.IsAboutVCL(said.String()) {
			return g.RefusedBy(v.Engine, said.String())
		}
		if exit.Code != 0 {
			return fmt.Errorf("check %s: %s", file.Name, strings.TrimSpace(said.String()))
		}
	}
	return nil
}

// adopt has the next start use another generation.
func (v *varnishServer) adopt(g *generation.Generation) error {
	v.follow(g)
	return v.process().Update(v.describe())
}

// afterwards lets the access log follow when everything has been committed.
func (v *varnishServer) afterwards(ctx context.Context, next *generation.Generation, logs bool) {
	v.show(next)
	v.follow(next)
	if !logs {
		return
	}
	v.native.Unrecord()
	if next.Loaded.Edge.Recorded() {
		v.native.Record()
	}
}

// CatchUp has the access log and the traces hear of what has been answered until now.
func (v *varnishServer) CatchUp() {
	if v.native != nil {
		v.native.CatchUp()
	}
}
