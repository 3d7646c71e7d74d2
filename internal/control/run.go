package control

import (
	"context"
	"slices"
	"sync"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/backends"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// run starts the edge, serves until ctx ends, and stops it.
func (e *Edge) run(ctx, hurry context.Context) error {
	e.hurry = hurry
	e.raiseDescriptors()
	if err := supervise.KeepMemoryOffDisk(); err != nil { // there are keys in it
		e.options.Log.Warn("cannot disable core files", "error", err)
	}
	// A reload that is asked for meanwhile waits until the start is over.
	if err := e.Turns.Begin(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	stopped := make(chan struct{})
	server, err := api.NewServer(e.state.dir, e.state.instance.RemoveAtEnd, e.answers(ctx, end, stopped))
	if err != nil {
		return err
	}
	defer server.Close() // after those who wait for the stop have been answered
	defer close(stopped)
	e.control, e.asked = server, ctx
	e.apps.Until(ctx, hurry)
	announce := sync.OnceFunc(e.isStopping)
	context.AfterFunc(ctx, announce)
	err = e.startAll(ctx)
	e.Turns.End()
	if err == nil {
		e.isReady()
		e.attend(ctx)
	}
	asked := ctx.Err() != nil
	end() // nobody may begin anything any more
	e.unauthorize()
	announce()
	e.stop(hurry, err == nil)
	if asked {
		// Whoever asked to stop does not want to hear that starting failed.
		return nil
	}
	return err
}

// isStopping says that the edge is to stop. A reload that is going on may still
// delay that.
func (e *Edge) isStopping() {
	e.phase.Store(stopping)
	e.options.Log.Info("stopping")
	e.options.Notify.Stopping()
}

func (e *Edge) isReady() {
	if !e.phase.CompareAndSwap(starting, ready) {
		return
	}
	e.Served.Store(true)
	e.keepRecords(e.Serving(), e.started, e.started)
	e.order(e.Serving())
	e.options.Log.Info("ready", "after", time.Since(e.started).Round(time.Millisecond))
	e.options.Notify.Ready(e.Summary())
	e.options.Ready(e.addresses())
}

// startAll brings the edge up from the inside out, each tier after the one
// before it answers.
func (e *Edge) startAll(ctx context.Context) error {
	g := e.Serving()
	if err := e.CheckFirst(ctx, g); err != nil {
		return err
	}
	if err := e.apps.Start(ctx, g); err != nil {
		return err
	}
	e.Backends.Use(g)
	e.together(g)
	e.Others().Meet(ctx, backends.ResolverOf(g.Loaded.Edge.Resolvers))
	for _, s := range e.Arrangement(g) {
		e.Serve(g, append(slices.Clone(e.Servers()), s))
		if err := s.Start(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// stop ends everything from the outside in. Requests in work are waited for, no
// longer than the site's drain time and no longer than hurry.
func (e *Edge) stop(hurry context.Context, serves bool) {
	hurry, cancel := context.WithTimeout(hurry, e.Serving().Loaded.Edge.Timeout.Drain+stopMargin)
	defer cancel()
	e.CancelGuards()
	if e.Turns.Begin(hurry) == nil {
		defer e.Turns.End()
	}
	if serves {
		e.drain(hurry)
	}
	servers := slices.Clone(e.Servers())
	slices.Reverse(servers)
	for _, s := range servers {
		s.Stop(hurry)
	}
	e.die()
	e.Later.Wait()
	e.apps.Stop(hurry)
}

// addresses are the canonical URLs of the sites.
func (e *Edge) addresses() []string {
	edge := e.Serving().Loaded.Edge
	var urls []string
	for _, s := range edge.Sites {
		urls = append(urls, "https://"+site.URLHost(s.Host)+edge.RedirectPort()+"/")
	}
	return urls
}
