package control

import (
	"context"
	"errors"
	"slices"
	"time"
)

// stageApps prepares what a reload does to the apps. An app whose description
// is the same goes on with the process that it has.
func (e *Edge) stageApps(next *generation) (changes []*change, apps []*app, err error) {
	before := e.appsNow()
	for _, a := range next.apps() {
		at := slices.IndexFunc(before, a.is)
		if at < 0 || !before[at].same(a) {
			if err := e.appProcess(next, a).Check(); err != nil {
				return nil, nil, appFailed(next, a, err)
			}
		}
		earlier := len(changes)
		switch {
		case at < 0:
			changes = append(changes, e.appChange(a, Start, e.appStart(next, a)))
		case before[at].same(a):
			a.running.Store(before[at].running.Load())
			changes = append(changes, e.appChange(a, Nothing, &change{finish: func(context.Context) {
				process := e.appProcess(next, a)
				process.Name = a.running.Load().Status().Name // which has to stay
				_ = a.running.Load().Update(process)
			}}))
		case before[at].shares(a):
			instead := e.appInstead(next, before[at], a)
			instead.ends = []*app{before[at]}
			changes = append(changes, e.appChange(a, Restart, instead))
		default:
			instead := e.appStart(next, a)
			old := before[at]
			instead.finish = func(context.Context) { e.stopUnused(old) }
			changes = append(changes, e.appChange(a, Restart, instead))
		}
		if at < 0 || !before[at].same(a) {
			e.freeAddress(changes[earlier], a)
		}
		apps = append(apps, a)
	}
	for _, old := range before {
		if !slices.ContainsFunc(apps, old.is) {
			gone := &change{
				ends:   []*app{old},
				commit: func(context.Context) error { return nil },
				finish: func(context.Context) { e.stopLater(old.running.Load()) },
			}
			changes = append(changes, e.appChange(old, Stop, gone))
		}
	}
	return changes, apps, nil
}

func (e *Edge) appChange(a *app, action Action, c *change) *change {
	why := map[Action]string{Start: "it is new", Stop: "the site names it no longer", Restart: "its command, env or dir"}
	c.app = &AppPlan{Site: a.site.Host, Name: a.backend.Name, Action: action, Why: []string{}}
	if text := why[action]; text != "" {
		c.app.Why = append(c.app.Why, text)
	}
	return c
}

// appStart starts an app beside what runs.
func (e *Edge) appStart(next *generation, a *app) *change {
	return &change{
		commit: func(ctx context.Context) error { return e.startApps(ctx, next, []*app{a}) },
		undo: func(ctx context.Context) error {
			a.running.Load().stop(ctx)
			return nil
		},
	}
}

// appInstead starts an app in place of one that has its address. Between the
// two nobody answers there.
func (e *Edge) appInstead(next *generation, old, a *app) *change {
	was := e.serving()
	return &change{
		commit: func(ctx context.Context) error {
			old.running.Load().stop(e.hurry)
			return e.startApps(ctx, next, []*app{a})
		},
		undo: func(ctx context.Context) error {
			a.running.Load().stop(ctx)
			if e.asked.Err() != nil {
				return nil
			}
			again := &app{site: old.site, backend: old.backend}
			err := e.startApps(ctx, was, []*app{again})
			e.mu.Lock()
			defer e.mu.Unlock()
			if at := slices.Index(e.apps, old); at >= 0 {
				e.apps = slices.Clone(e.apps)
				e.apps[at] = again
			}
			if err != nil {
				return errors.Join(errors.New("start the earlier app again"), err)
			}
			return nil
		},
	}
}

// stopUnused ends an app that another one has taken the place of, once nobody
// has anything to do with it any more: its WebSockets have ended, nginx's old
// workers too, and what else it had in work has had timeouts.drain.
func (e *Edge) stopUnused(old *app) {
	drained := time.Now().Add(e.serving().loaded.Edge.Timeout.Drain)
	r := old.running.Load()
	e.mu.Lock()
	e.unused = append(slices.Clone(e.unused), old)
	e.mu.Unlock()
	e.later.Go(func() {
		for time.Now().Before(drained) || e.webSocketsTo(e.life, old.backend.Servers) > 0 || e.oldWorkers() > 0 {
			select {
			case <-time.After(leavingPause):
			case <-r.done:
				e.forget(old)
				return
			case <-e.life.Done():
				return // the stop ends it with the other apps
			}
		}
		r.stop(e.life)
		e.forget(old)
	})
}

func (e *Edge) forget(unused *app) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unused = slices.DeleteFunc(slices.Clone(e.unused), func(a *app) bool { return a == unused })
}

func (e *Edge) unusedApps() []*app {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.unused
}

// freeAddress has the change of an app end whoever has its address still,
// though nobody needs them any more.
func (e *Edge) freeAddress(c *change, a *app) {
	var inTheWay []*app
	for _, unused := range e.unusedApps() {
		if unused.shares(a) {
			inTheWay = append(inTheWay, unused)
		}
	}
	if len(inTheWay) == 0 {
		return
	}
	c.ends = append(c.ends, inTheWay...)
	start := c.commit
	c.commit = func(ctx context.Context) error {
		stopApps(e.hurry, inTheWay)
		return start(ctx)
	}
}

// stopLater ends a process that nobody needs any more, beside what goes on.
func (e *Edge) stopLater(r *running) {
	e.later.Go(func() { r.stop(e.life) })
}

func (e *Edge) appsNow() []*app {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.apps
}
