package apps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"edgegen/internal/api"
	"edgegen/internal/generation"
)

// Change is what a reload does to the apps. An app whose description has not changed
// keeps its process. Any other app is started beside those that run. Where one of those
// has its address, that one ends first, and nobody answers at the address until the new
// app does.
type Change struct {
	keeper    *Apps
	was, next *generation.Generation
	before    []*app
	apps      []*app // that run afterwards
	starts    []appStart
	left      []*app    // apps of before whose processes no app keeps
	plans     []appPlan // one for each app, and each that ends
	Begun     bool
}

// appPlan is what the plan says about one app.
type appPlan struct {
	api.AppPlan
	ends []*app // whose processes end at once, with their WebSockets
}

// Stage prepares what a reload does to the apps.
func (k *Apps) Stage(next *generation.Generation) (*Change, error) {
	before := k.appsNow()
	c := &Change{keeper: k, was: k.house.Serving(), next: next, before: before, apps: appsOf(next), left: slices.Clone(before)}
	others := slices.DeleteFunc(slices.Clone(c.apps), func(a *app) bool {
		return c.goesOn(a, func(old *app) bool { return a.is(old) && a.same(old) })
	})
	others = slices.DeleteFunc(others, func(a *app) bool { // under another name
		return c.goesOn(a, func(old *app) bool { return a.same(old) && slices.Equal(a.addresses(), old.addresses()) })
	})
	for _, a := range others {
		if err := k.appProcess(next, a).Check(); err != nil {
			return nil, appFailed(next, a, err)
		}
		start := appStart{app: a}
		for _, old := range slices.Concat(c.left, k.unusedApps()) {
			if old.shares(a) {
				start.inTheWay = append(start.inTheWay, old)
			}
		}
		c.starts = append(c.starts, start)
	}
	c.note()
	return c, nil
}

// goesOn has an app take over the process of an earlier one that matches.
func (c *Change) goesOn(a *app, matches func(old *app) bool) bool {
	at := slices.IndexFunc(c.left, matches)
	if at < 0 {
		return false
	}
	a.running.Store(c.left[at].running.Load())
	c.left = slices.Delete(c.left, at, at+1)
	return true
}

// note notes down what becomes of each app.
func (c *Change) note() {
	add := func(a *app, action api.Action, why ...string) *appPlan {
		c.plans = append(c.plans, appPlan{AppPlan: api.AppPlan{Site: a.site.Host, Name: a.backend.Name, Action: action, Why: append([]string{}, why...)}})
		return &c.plans[len(c.plans)-1]
	}
	for _, a := range c.apps {
		at := slices.IndexFunc(c.starts, func(s appStart) bool { return s.app == a })
		if at < 0 {
			add(a, api.Nothing)
			continue
		}
		p := add(a, api.Start, "it is new")
		if slices.ContainsFunc(c.before, a.is) {
			p.Action, p.Why = api.Restart, []string{"its command, env or dir"}
		}
		for _, old := range c.starts[at].inTheWay {
			if a.is(old) || !slices.Contains(c.left, old) {
				p.ends = append(p.ends, old)
			}
		}
	}
	for _, old := range c.left {
		atOnce := c.givenUp(old) || slices.ContainsFunc(c.starts, func(s appStart) bool { return slices.Contains(s.inTheWay, old) })
		at := slices.IndexFunc(c.plans, func(p appPlan) bool { return p.Site == old.site.Host && p.Name == old.backend.Name })
		switch {
		case at < 0 && atOnce:
			add(old, api.Stop, "the site names it no longer").ends = []*app{old}
		case at < 0:
			add(old, api.Stop, "the site names it no longer")
		case atOnce && !slices.Contains(c.plans[at].ends, old):
			c.plans[at].ends = append(c.plans[at].ends, old)
		}
	}
}

// Plan tells what becomes of each app. Where there is an error, WebSockets could not be
// counted; the rest is right.
func (c *Change) Plan() ([]api.AppPlan, error) {
	told := []api.AppPlan{}
	var uncounted []error
	for _, p := range c.plans {
		for _, old := range p.ends {
			open, err := c.keeper.house.WebSocketsTo(old.addresses())
			p.WebSockets += open
			uncounted = append(uncounted, err)
		}
		told = append(told, p.AppPlan)
	}
	return told, errors.Join(uncounted...)
}

// Touches reports whether any process starts or ends.
func (c *Change) Touches() bool { return len(c.starts)+len(c.left) > 0 }

func (c *Change) Commit(ctx context.Context) error {
	c.Begun = true
	return c.keeper.startApps(ctx, c.next, c.starts)
}

// Undo ends what has been started, and starts again what has been ended.
func (c *Change) Undo(ctx context.Context) error {
	if !c.Begun {
		return nil
	}
	c.Begun = false
	var started []*app
	for _, s := range c.starts {
		started = append(started, s.app)
	}
	stopApps(ctx, started)
	if c.keeper.asked.Err() != nil {
		return nil
	}
	apps, again := slices.Clone(c.before), []appStart(nil)
	for i, old := range apps {
		if slices.Contains(c.left, old) && old.running.Load().Ended() {
			apps[i] = &app{site: old.site, backend: old.backend}
			again = append(again, appStart{app: apps[i]})
		}
	}
	err := c.keeper.startApps(ctx, c.was, again)
	c.keeper.become(apps)
	if err != nil {
		return fmt.Errorf("start again what ran before: %w", err)
	}
	return nil
}

// Finish ends the apps that nobody needs any more.
func (c *Change) Finish() {
	c.keeper.become(c.apps)
	for _, a := range c.apps {
		process := c.keeper.appProcess(c.next, a)
		process.Name = a.running.Load().Status().Name // which has to stay
		_ = a.running.Load().Update(process)
	}
	for _, old := range c.left {
		if !old.running.Load().Ended() {
			c.keeper.stopUnused(old, c.givenUp(old))
		}
	}
}

// givenUp reports whether the next site still names an app's address, but no command for
// it: from then on somebody else listens there.
func (c *Change) givenUp(old *app) bool {
	for i := range c.next.Loaded.Edge.Sites {
		for j := range c.next.Loaded.Edge.Sites[i].Backends {
			backend := &c.next.Loaded.Edge.Sites[i].Backends[j]
			if backend.Command == nil && old.shares(&app{backend: backend}) {
				return true
			}
		}
	}
	return false
}
