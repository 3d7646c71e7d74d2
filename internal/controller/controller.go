package controller

import (
	"context"
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
	// Namespace and Identity are those of the Lease that says who writes statuses.
	Namespace, Identity string
	Log                 *slog.Logger
	Access              io.Writer // the access logs of all edges
	// Health is where /healthz and /readyz are answered, as ":9145"; "" for nowhere.
	Health string
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
	watch   *watch
	edges   *edges
	lease   *lease
	checker *gateway.Checker
	status  *statuses
	told    map[gateway.Problem]bool
	health  *health
}

// Run serves the objects of a cluster until ctx ends, and stops the edges, which wait
// for requests in work no longer than hurry. The error says why nothing could be served.
func Run(ctx, hurry context.Context, o Options) error {
	client, err := dynamic.NewForConfig(o.Cluster)
	if err != nil {
		return fmt.Errorf("reach the cluster: %w", err)
	}
	if err := atomicfile.MakePrivate(o.Directory); err != nil {
		return fmt.Errorf("make %s: %w", o.Directory, err)
	}
	health, err := tellHealth(ctx, o)
	if err != nil {
		return err
	}
	defer health.close()
	answers, err := answer(&o)
	if err != nil {
		return err
	}
	defer answers.close()
	c := &controller{Options: o, watch: newWatch(client, o.Log), edges: newEdges(hurry, o), lease: newLease(client, o),
		checker: gateway.NewChecker(filepath.Join(o.Directory, "check")), status: &statuses{client: client, log: o.Log}, told: map[gateway.Problem]bool{}, health: health}
	defer c.edges.close()
	inner, stop := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer stop()
	tasks.Go(func() { c.watch.run(inner) })
	tasks.Go(func() { c.lease.run(inner) })
	return c.loop(ctx)
}

// loop looks at the cluster whenever something has changed.
func (c *controller) loop(ctx context.Context) error {
	if err := c.watch.synced(ctx); err != nil {
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
		case <-c.watch.changed:
			settle(ctx, c.watch.changed)
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
	plan, err := gateway.Settle(c.watch.objects(), c.Options.Options, c.checker.Check)
	if err != nil {
		c.Log.Error("the objects of the cluster make no good sites; the edges go on as before", "error", err)
		return false
	}
	outcomes := c.edges.apply(ctx, plan.Edges)
	whole := true
	for _, err := range outcomes {
		whole = whole && err == nil
	}
	if err := c.checker.Forget(plan.Edges); err != nil {
		c.Log.Warn("files that nobody needs stay", "error", err)
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
