package control

import (
	"context"
	"fmt"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// phase is what the edge as a whole is doing.
type phase string

const (
	starting phase = "starting"
	ready    phase = "ready"
	degraded phase = "degraded"
	stopping phase = "stopping"
)

// run starts the edge, serves until ctx ends, and stops it.
func (e *Edge) run(ctx, hurry context.Context) error {
	limits := e.loaded.Edge.Limits
	// A connection takes two descriptors in every process, and each needs some
	// for itself.
	if got, err := supervise.RaiseDescriptors(uint64(4*limits.Connections + 1024)); err != nil {
		e.options.Log.Warn("raise the limit of open files", "error", err)
	} else if got < uint64(2*limits.Connections) {
		e.options.Log.Warn("the limit of open files is too low for limits.connections", "limit", got, "connections", limits.Connections)
	}

	l := &launcher{edge: e}
	server, err := e.serveControl(ctx)
	if err != nil {
		return err
	}
	defer server.close()
	err = e.startAll(server.ctx, l)
	if err == nil {
		e.phase.Store(ready)
		e.options.Log.Info("ready", "after", time.Since(e.started).Round(time.Millisecond))
		e.options.Ready(e.addresses())
		<-server.ctx.Done()
	}
	asked := server.ctx.Err() != nil
	e.phase.Store(stopping)
	if err == nil {
		e.drain(hurry)
	}
	l.stop(hurry)
	if asked {
		// Whoever asked to stop does not want to hear that starting failed.
		return nil
	}
	return err
}

// addresses are the canonical URLs of the sites.
func (e *Edge) addresses() []string {
	var urls []string
	for _, s := range e.loaded.Edge.Sites {
		urls = append(urls, "https://"+site.URLHost(s.Host)+e.loaded.Edge.RedirectPort()+"/")
	}
	return urls
}

// changed logs what becomes of a process.
func (e *Edge) changed(s supervise.Status) {
	log := e.options.Log.With("from", s.Name)
	switch s.State {
	case supervise.Running:
		log.Debug("running", "pid", s.PID, "restarts", s.Restarts)
	case supervise.Backoff:
		log.Warn("died; it is started again", "reason", s.Reason)
	case supervise.Failed:
		log.Error("keeps dying; it is tried again from time to time", "reason", s.Reason)
	}
}

// drainPause is between two looks at what is still in work.
const drainPause = 50 * time.Millisecond

// drain waits until no request is in work, no longer than timeouts.drain.
// WebSockets are not waited for: they may stay open for a day.
func (e *Edge) drain(hurry context.Context) {
	ctx, cancel := context.WithTimeout(hurry, e.loaded.Edge.Timeout.Drain)
	defer cancel()
	e.public.refuse()
	for {
		activity, err := e.varnish.Activity(ctx)
		if err != nil || activity.Requests == 0 {
			return
		}
		select {
		case <-ctx.Done():
			e.options.Log.Warn("stopping with requests in work", "requests", activity.Requests)
			return
		case <-time.After(drainPause):
		}
	}
}

func (e *Edge) appFailed(s *site.Site, backend *site.Backend, err error) error {
	return &Refused{config.Diagnostics{e.loaded.Diagnose(backend.Source, config.Error,
		fmt.Sprintf("the app %s does not come up: %v", e.appName(s, backend), err),
		"run the command by hand in its dir, and see that it listens where `servers` says")}}
}
