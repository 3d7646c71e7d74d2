package controller

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/control"
	"edgegen/internal/gateway"
	"edgegen/internal/site"
)

// edges are those that run, by their IDs.
type edges struct {
	Options
	hurry  context.Context
	totals *totals
	ended  chan struct{} // says that one has ended by itself
	all    map[string]*edge
	tasks  sync.WaitGroup
	// revision counts how often the file that edges share has changed. An edge that serves
	// an earlier one reloads.
	revision int
}

// edge is one that runs, or is ending.
type edge struct {
	id     string
	site   string // directory
	serves gateway.Edge
	// revision is that of the shared file that it serves.
	revision int
	reopen   chan struct{}
	stop     context.CancelFunc
	done     chan struct{} // is closed when nothing of it is left
	failed   error         // why it ended; to be read after done
}

// startTime is how long an edge may take until it serves.
const startTime = 2 * time.Minute

func newEdges(hurry context.Context, o Options, t *totals) *edges {
	return &edges{Options: o, hurry: hurry, totals: t, ended: make(chan struct{}, 1), all: map[string]*edge{}}
}

// apply has edges serve, each what it says now, and no others. It is called by one
// goroutine.
func (e *edges) apply(ctx context.Context, wanted []gateway.Edge) gateway.Outcomes {
	for id, one := range e.all {
		if !slices.ContainsFunc(wanted, func(w gateway.Edge) bool { return w.ID == id }) {
			e.Log.Info("an edge stops, because it has no listener left", "edge", id)
			one.stop()
			<-one.done
			delete(e.all, id)
		}
	}
	outcomes := gateway.Outcomes{}
	var mutex sync.Mutex
	var all sync.WaitGroup
	for _, one := range wanted {
		all.Go(func() {
			mutex.Lock()
			running := e.all[one.ID]
			mutex.Unlock()
			running, err := e.serve(ctx, running, one)
			mutex.Lock()
			defer mutex.Unlock()
			outcomes[one.ID] = err
			if running == nil {
				delete(e.all, one.ID)
			} else {
				e.all[one.ID] = running
			}
		})
	}
	all.Wait()
	return outcomes
}

// serve has one edge serve what it says. It returns the edge that runs afterwards; nil
// where none does.
func (e *edges) serve(ctx context.Context, running *edge, wanted gateway.Edge) (*edge, error) {
	if running != nil {
		select {
		case <-running.done:
			e.Log.Error("an edge has failed; starting it again", "edge", running.id, "error", running.failed)
			running = nil
		default:
		}
	}
	if running == nil {
		return e.start(ctx, wanted)
	}
	if running.revision == e.revision && maps.EqualFunc(running.serves.Files, wanted.Files, slices.Equal) {
		return running, nil
	}
	return running, e.reload(ctx, running, wanted)
}

// reload has an edge read its site anew. Where that is refused, the files are what they
// were, so that a start later on finds what is served.
func (e *edges) reload(ctx context.Context, running *edge, wanted gateway.Edge) error {
	if err := wanted.Install(running.site); err != nil {
		return err
	}
	client, err := api.NewClient(e.state(running.id))
	if err == nil {
		_, err = client.Reload(ctx)
	}
	if err != nil {
		return errors.Join(objectively(wanted, err), running.serves.Install(running.site))
	}
	running.serves, running.revision = wanted, e.revision
	return wanted.Tidy(running.site)
}

func (e *edges) state(id string) string { return filepath.Join(e.Directory, "edges", id) }

// start starts an edge, and waits until it serves.
func (e *edges) start(ctx context.Context, wanted gateway.Edge) (*edge, error) {
	one := &edge{id: wanted.ID, site: filepath.Join(e.Directory, "sites", wanted.ID), serves: wanted, revision: e.revision, reopen: make(chan struct{}, 1), done: make(chan struct{})}
	if err := errors.Join(wanted.Install(one.site), wanted.Tidy(one.site)); err != nil {
		return nil, err
	}
	// Where the controller is asked to stop, the edges are: close waits for them.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	one.stop = stop
	ready := make(chan struct{})
	e.tasks.Go(func() {
		defer close(one.done)
		defer stop()
		defer e.totals.forget(one.id)
		one.failed = e.up(life, one, sync.OnceFunc(func() { close(ready) }))
		e.notice(life)
	})
	select {
	case <-ready:
		return one, nil
	case <-one.done:
		return nil, objectively(wanted, errors.Join(errors.New("the edge does not start"), one.failed))
	case <-time.After(startTime):
		stop()
		<-one.done
		return nil, fmt.Errorf("the edge did not serve within %s", startTime)
	case <-ctx.Done():
		return one, ctx.Err()
	}
}

func (e *edges) up(ctx context.Context, one *edge, ready func()) error {
	log := e.Log.With("edge", one.id)
	return control.Up(ctx, e.hurry, control.Options{
		Site: filepath.Join(one.site, gateway.SiteFile), Shared: e.Shared, Settle: settled, StateDir: e.state(one.id), Select: e.Select,
		Version: e.Version, Guardian: e.Guardian, Log: log, Access: e.Access,
		Reopen: one.reopen, Collected: e.totals.of(one.id), SetLevel: e.SetLevel,
		Warn:  func(config.Diagnostics) {},
		Ready: func([]string) { ready() },
	})
}

// settled takes an edge's listener for metrics away: those of all edges are told at one
// place.
func settled(edge *site.Edge) {
	if edge.Metrics != nil {
		edge.Metrics.Listen = nil
	}
}

// askToReopen has each edge open its access log's file anew.
func (e *edges) askToReopen() {
	for _, one := range e.all {
		select {
		case one.reopen <- struct{}{}:
		default: // it is asked already
		}
	}
}

// notice says that an edge has ended that nobody has stopped.
func (e *edges) notice(life context.Context) {
	if life.Err() != nil {
		return
	}
	select {
	case e.ended <- struct{}{}:
	default: // it is known already
	}
}

// close stops all edges, and waits for them.
func (e *edges) close() {
	for _, one := range e.all {
		one.stop()
	}
	e.tasks.Wait()
}

// objectively is an error that names the objects which its diagnostics are about, in
// place of lines of a file that nobody has written.
func objectively(e gateway.Edge, err error) error {
	refused := (*config.Refused)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	var all []error
	for _, d := range refused.Diagnostics {
		if d.Severity != config.Error {
			continue
		}
		if at, known := e.Source(d.Line); known && d.Line > 0 {
			all = append(all, fmt.Errorf("%s: %s", at, d.Summary))
		} else {
			all = append(all, errors.New(d.Summary))
		}
	}
	return errors.Join(all...)
}
