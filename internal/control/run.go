package control

import (
	"context"
	"errors"
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
	wanted, least := descriptors(limits.Connections)
	if got, err := supervise.RaiseDescriptors(wanted); err != nil {
		e.options.Log.Warn("raise the limit of open files", "error", err)
	} else if got < least {
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
	hurry, cancel := context.WithTimeout(hurry, e.loaded.Edge.Timeout.Drain+stopMargin)
	defer cancel()
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
		if e.phase.Load() == starting && !wasReady(s.Reason) {
			return // whoever waits for it tells why it does not come up
		}
		log.Warn("died; it is started again", "reason", s.Reason)
	case supervise.Failed:
		log.Error("keeps dying; it is tried again from time to time", "reason", s.Reason)
	}
}

// wasReady reports whether a process that ended had answered before.
func wasReady(reason error) bool {
	exit := (*supervise.ExitError)(nil)
	return errors.As(reason, &exit) && exit.Ready
}

func (e *Edge) appFailed(s *site.Site, backend *site.Backend, err error) error {
	return &Refused{config.Diagnostics{e.loaded.Diagnose(backend.Source, config.Error,
		fmt.Sprintf("the app %s does not come up: %v", e.appName(s, backend), err),
		"run the command by hand in its dir, and see that it listens where `servers` says")}}
}
