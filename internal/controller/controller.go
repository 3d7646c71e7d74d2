package controller

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"edgegen/internal/atomicfile"
	"edgegen/internal/gateway"
	"edgegen/internal/generation"
	"edgegen/internal/watch"
)

// Options are what a controller is started with.
type Options struct {
	gateway.Options // but for Answers, whose place is in Directory
	Cluster         *rest.Config
	// Directory is where everything is kept, as an absolute path. Two controllers need two.
	Directory string
	Select    generation.Selection
	Version   string
	Guardian  []string // the arguments that make this program a guardian
	// Lease, in Namespace, says who of several controllers writes statuses: the one with
	// that Identity.
	Lease, Namespace, Identity string
	Log                        *slog.Logger
	Access                     io.Writer // the access logs of all edges
	// Health is where /healthz and /readyz are answered, as ":9145"; "" for nowhere.
	Health string
	// Hangup asks for the shared file to be read anew, Reopen for the access logs' files to
	// be opened anew; nil never does.
	Hangup, Reopen <-chan struct{}
	// SetLevel is told the log.level of the shared file, or its default.
	SetLevel func(level string)
	// Ready is called once, when every edge serves what the cluster has said by then.
	Ready func()
}

const (
	// quiet is how long nothing has to change before what has changed is looked at, and
	// patience how long that may go on.
	quiet    = 50 * time.Millisecond
	patience = time.Second
	// retry is when what has failed is tried again, though nothing has changed.
	retry = 5 * time.Second
)

// controller is one that runs.
type controller struct {
	Options
	objects *objects
	edges   *edges
	lease   *lease
	checker *gateway.Checker
	status  *statuses
	told    map[gateway.Problem]bool
	refused string // why nothing can be served that has changed, as it was told; "" where all can
	health  *health
	shared  *watch.Watcher // of the file that edges share
}

// Run serves the objects of a cluster until ctx ends, and stops the edges, which wait
// for requests in work no longer than hurry. The error says why nothing could be served.
func Run(ctx, hurry context.Context, o Options) (err error) {
	client, err := dynamic.NewForConfig(o.Cluster)
	if err != nil {
		return fmt.Errorf("reach the cluster: %w", err)
	}
	if err := atomicfile.MakePrivate(o.Directory); err != nil {
		return fmt.Errorf("make %s: %w", o.Directory, err)
	}
	totals := newTotals()
	health, err := tellHealth(ctx, o, totals)
	if err != nil {
		return err
	}
	defer health.close()
	answers, err := answer(&o)
	if err != nil {
		return err
	}
	defer answers.close()
	c := &controller{Options: o, objects: newObjects(client, o.Log), edges: newEdges(hurry, o, totals), lease: newLease(client, o),
		checker: gateway.NewChecker(filepath.Join(o.Directory, "check"), o.Shared), status: &statuses{client: client, log: o.Log}, told: map[gateway.Problem]bool{}, health: health,
		shared: watch.New(watch.Options{Log: o.Log})}
	defer func() { err = errors.Join(err, c.shared.Close()) }()
	defer c.edges.close()
	inner, stop := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer stop()
	tasks.Go(func() { c.objects.run(inner) })
	tasks.Go(func() { _ = c.shared.Run(inner) }) // it ends with inner alone, without an error
	tasks.Go(func() { c.lease.run(inner) })
	return c.loop(ctx)
}

// loop looks at the cluster whenever something has changed.
func (c *controller) loop(ctx context.Context) error {
	if err := c.objects.synced(ctx); err != nil {
		return nil // it was asked to stop
	}
	ready := sync.OnceFunc(func() {
		c.health.ready.Store(true)
		if c.Ready != nil {
			c.Ready()
		}
	})
	for {
		whole := c.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if whole {
			ready()
		}
		again := time.NewTimer(retry)
		if whole {
			again.Stop()
		}
		select {
		case <-ctx.Done():
		case <-c.objects.changed:
			settle(ctx, c.objects.changed)
		case <-c.shared.Changes():
			c.edges.revision++
		case <-c.Hangup:
			c.edges.revision++
		case <-c.Reopen:
			c.edges.askToReopen()
		case <-c.edges.ended:
		case <-c.lease.won:
		case <-again.C:
		}
		again.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// settle waits until nothing has changed for a moment.
func settle(ctx context.Context, changed <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		calm := time.NewTimer(quiet)
		select {
		case <-changed:
			calm.Stop()
		case <-calm.C:
			return
		case <-ctx.Done():
			calm.Stop()
			return
		}
	}
}

// look has the edges serve what the cluster says now, and tells the cluster. It reports
// whether all of that could be done.
func (c *controller) look(ctx context.Context) bool {
	plan, err := gateway.Settle(c.objects.all(), c.Options.Options, c.checker.Check)
	c.shared.Follow(c.checker.Named())
	if err != nil {
		if err.Error() != c.refused {
			c.refused = err.Error()
			c.Log.Error("the cluster's objects make an invalid site; the edges go on as before", "error", err)
		}
		return false
	}
	c.refused = ""
	outcomes := c.edges.apply(ctx, plan.Edges)
	whole := true
	for _, err := range outcomes {
		whole = whole && err == nil
	}
	if err := c.checker.Forget(plan.Edges); err != nil {
		c.Log.Warn("cannot remove files that are no longer needed", "error", err)
	}
	c.tell(plan.Problems())
	if ctx.Err() != nil || !c.lease.held() {
		return whole
	}
	return c.status.write(ctx, plan.Statuses(outcomes, time.Now())) && whole
}

// tell logs each problem once, for as long as it is there.
func (c *controller) tell(problems []gateway.Problem) {
	now := map[gateway.Problem]bool{}
	for _, p := range problems {
		if now[p] = true; !c.told[p] {
			c.Log.Warn(p.Words, "object", p.Of.String())
		}
	}
	c.told = now
}
