package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// stage looks at what varnish has to do about the next generation: nothing,
// another VCL, other parameters, or a restart.
func (v *varnishServer) stage(ctx context.Context, next *generation) (*change, error) {
	was := v.edge.serving()
	c := &change{plans: []TierPlan{{Role: v.role, Engine: string(v.engine), Action: Nothing, Why: []string{}}}}
	plan := &c.plans[0]
	parameters, restart := v.native.Change(next.output.VarnishArguments)
	vcl := was.output.Generation.Cache != next.output.Generation.Cache
	if vcl {
		plan.Why = append(plan.Why, "default.vcl")
	}
	if names := parameterNames(parameters); len(names) > 0 {
		plan.Why = append(plan.Why, strings.Join(names, ", "))
	}
	logs := logChanges(was.loaded.Edge.Log, next.loaded.Edge.Log)
	if logs {
		plan.Why = append(plan.Why, "the access log")
	}
	plan.Why = append(plan.Why, restart...)
	if len(plan.Why) == 0 {
		c.finish = func(context.Context) { v.native.Next(next.output, v.edge.dir(next)) } // the files of before are about to go
		return v.withStandIn(ctx, next, c)
	}
	plan.Action = Reload
	switch {
	case !v.runs():
		if err := v.whileDown(ctx, c, was, next); err != nil {
			return c, err
		}
	case len(restart) > 0:
		plan.Action = Restart
		plan.WebSockets, c.uncounted = v.webSockets(ctx)
		if err := v.restartInstead(ctx, c, was, next); err != nil {
			return c, err
		}
	default:
		if err := v.reload(ctx, c, next); err != nil {
			return c, err
		}
	}
	v.afterwards(c, was, next, logs)
	return v.withStandIn(ctx, next, c)
}

// logChanges reports whether varnishncsa is needed now, or is not any longer;
// where and how lines are written is edgegen's to change.
func logChanges(was, next site.Log) bool {
	return (was.Access == "off") != (next.Access == "off")
}

// reload loads the VCL beside the one in use; it is called only where there is
// something for varnishd to do.
func (v *varnishServer) reload(ctx context.Context, c *change, next *generation) error {
	told := v.process().Status().PID
	staged, err := v.stageVCL(ctx, next)
	if err != nil {
		if refused := v.refused(next, err); refused != nil {
			return refused
		}
		return fmt.Errorf("load default.vcl: %w", err)
	}
	c.commit = func(ctx context.Context) error {
		err := staged.Use(ctx)
		if err == nil {
			err = v.probe(ctx)
		}
		if err != nil && v.hasEnded(ctx, told) {
			err = v.settle(ctx, told)
		}
		if err != nil {
			return fmt.Errorf("use the new default.vcl: %w", err)
		}
		return v.process().Update(v.describe())
	}
	c.undo = func(ctx context.Context) error {
		if err := staged.Restore(ctx); err != nil {
			return v.anotherOf(ctx, told, err)
		}
		c.abandon(ctx)
		return v.process().Update(v.describe())
	}
	c.abandon = func(ctx context.Context) {
		if !v.runs() {
			return // and with it has gone what it held
		}
		if err := staged.Abandon(ctx); err != nil {
			v.edge.options.Log.Warn("unload a VCL that is not used", "error", err)
		}
	}
	c.finish = func(ctx context.Context) {
		if !staged.Changed() || !v.runs() {
			return
		}
		if err := v.native.Tidy(ctx); err != nil {
			v.edge.options.Log.Warn("unload old VCLs", "error", err)
		}
	}
	return nil
}

// stageTime bounds the compilation of all VCLs of a large site.
const stageTime = 2 * time.Minute

// stageVCL makes sure first that varnishd's manager listens, which is not seen
// from outside: its child serves without it.
func (v *varnishServer) stageVCL(ctx context.Context, next *generation) (*native.StagedVCL, error) {
	ctx, cancel := context.WithTimeout(ctx, stageTime)
	defer cancel()
	asking, done := context.WithTimeout(ctx, probeTime)
	defer done()
	if err := v.native.CLI.Ping(asking); err != nil {
		return nil, fmt.Errorf("varnishd does not answer on its command line: %w", err)
	}
	return v.native.Stage(ctx, next.output, v.edge.dir(next))
}

// whileDown changes what the next start of varnishd will find.
func (v *varnishServer) whileDown(ctx context.Context, c *change, was, next *generation) error {
	c.commit = func(ctx context.Context) error {
		return errors.Join(v.edge.makeStorage(next), v.adopt(next), v.anew(ctx))
	}
	c.undo = func(ctx context.Context) error { return errors.Join(v.adopt(was), v.anew(ctx)) }
	if err := v.edge.checkStorage(next); err != nil {
		return err
	}
	return v.checkWhileDown(ctx, was, next, v.check)
}

// check has varnishd compile the VCL of a generation, which the one that serves
// need not know of.
func (v *varnishServer) check(ctx context.Context, g *generation) error {
	ctx, cancel := context.WithTimeout(ctx, stageTime)
	defer cancel()
	setup := v.edge.setup(g)
	setup.Layout.Dir = v.edge.dir(g)
	for _, file := range g.output.VCLFiles() {
		if len(g.output.Parts) > 0 && file.Name == "default.vcl" {
			continue // it names the parts, which varnishd would have to have loaded
		}
		var said strings.Builder
		collect := func(line []byte) { fmt.Fprintf(&said, "%s\n", line) }
		exit, err := supervise.Once(ctx, native.VarnishCheck(v.chosen.daemon, setup, file.Name, collect), v.edge.state.instance)
		if err != nil {
			return fmt.Errorf("check %s: %w", file.Name, err)
		}
		if exit.Code != 0 && native.IsAboutVCL(said.String()) {
			return g.explainVCL(said.String())
		}
		if exit.Code != 0 {
			return fmt.Errorf("check %s: %s", file.Name, strings.TrimSpace(said.String()))
		}
	}
	return nil
}

// adopt has the next start use another generation.
func (v *varnishServer) adopt(g *generation) error {
	v.native.Next(g.output, v.edge.dir(g))
	return v.process().Update(v.describe())
}

// restartInstead restarts varnishd while its stand-in serves. The new VCL is
// tried before, so that a refusal ends nothing.
func (v *varnishServer) restartInstead(ctx context.Context, c *change, was, next *generation) error {
	if err := v.edge.checkStorage(next); err != nil {
		return err
	}
	if err := v.reload(ctx, c, next); err != nil {
		return err
	}
	c.finish = nil
	begun, drained := false, false
	restart := func(ctx context.Context, g *generation) error {
		if !v.stands() { // for as long as this takes
			if err := v.standInStarts(ctx, v.edge.serving()); err != nil {
				return err
			}
		}
		if err := v.publish(false); err != nil {
			return err
		}
		if v.runs() {
			drained = true
			v.drain(ctx)
		}
		if err := errors.Join(v.edge.makeStorage(g), v.adopt(g)); err != nil {
			return err
		}
		begun = true
		v.planned.Store(true)
		err := v.process().Restart(ctx)
		v.planned.Store(false)
		if err != nil {
			return fmt.Errorf("restart varnishd: %w", err)
		}
		return v.handBackTo(ctx, g)
	}
	abandon := c.abandon
	c.commit = func(ctx context.Context) error {
		abandon(ctx)
		return restart(ctx, next)
	}
	c.undo = func(ctx context.Context) error {
		if begun {
			if err := restart(ctx, was); err != nil {
				return errors.Join(err, v.standsNoLonger())
			}
			return nil
		}
		return errors.Join(v.adopt(was), v.undrain(ctx, drained), v.republish(), v.standsNoLonger())
	}
	return nil
}

// undrain has a varnishd that was drained take connections as before.
func (v *varnishServer) undrain(ctx context.Context, drained bool) error {
	if !drained || !v.runs() {
		return nil
	}
	return v.native.Resume(ctx)
}

// afterwards lets the access log follow when everything has been committed.
func (v *varnishServer) afterwards(c *change, was, next *generation, logs bool) {
	before := c.finish
	if c.commit == nil {
		c.commit = func(context.Context) error { return nil }
	}
	c.finish = func(ctx context.Context) {
		if before != nil {
			before(ctx)
		}
		v.show(next)
		v.native.Next(next.output, v.edge.dir(next)) // the files of before are about to go
		if !logs {
			return
		}
		if v.log != nil {
			v.log.stop(v.edge.life)
			v.log = nil
		}
		if err := v.startLog(ctx, next); err != nil {
			v.edge.options.Log.Error("write the access log", "error", err)
		}
	}
}
