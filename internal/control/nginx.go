package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// nginxServer is nginx as the web tier.
type nginxServer struct {
	daemon
	native *native.Nginx
	inner  []innerSocket // that it was started with
}

func newNginx(e *Edge, c chosen) server {
	return &nginxServer{daemon: daemon{edge: e, chosen: c}}
}

func (n *nginxServer) base() *daemon { return &n.daemon }

// sockets are the descriptors that nginx inherits.
func (n *nginxServer) sockets(g *generation) ([]*os.File, error) {
	var inherited []*os.File
	for _, path := range []string{n.edge.layout.WebSocket(), n.edge.layout.WebProbe()} {
		file, err := n.edge.hold(path)
		if err != nil {
			return nil, err
		}
		inherited = append(inherited, file)
	}
	return append(inherited, files(g.public.http)...), nil
}

func (n *nginxServer) start(ctx context.Context, g *generation) error {
	n.show(g)
	if err := n.launch(ctx, g); err != nil {
		return n.startFailed(ctx, n, g, err)
	}
	n.guarded(n)
	return nil
}

func (n *nginxServer) launch(ctx context.Context, g *generation) error {
	sockets, err := n.sockets(g)
	if err != nil {
		return err
	}
	n.native = native.NewNginx(n.chosen.daemon, n.edge.setup(g), sockets)
	n.native.OnWorkerDied = func(died *native.WorkerDied) { n.lost(died) }
	n.inner = []innerSocket{{n.edge.layout.WebSocket(), sockets[0]}, {n.edge.layout.WebProbe(), sockets[1]}}
	r, err := n.edge.launchReady(ctx, n.describe())
	n.setRunning(r)
	return err
}

func (n *nginxServer) describe() supervise.Process {
	p := n.native.Process()
	p.OnChange = func(supervise.Status) { n.changed() }
	return p
}

func (n *nginxServer) probe(ctx context.Context) error { return n.native.Probe(ctx) }

// stage looks at what nginx has to do about the next generation.
func (n *nginxServer) stage(ctx context.Context, next *generation) (*change, error) {
	was := n.edge.serving()
	c := &change{plans: []TierPlan{{Role: n.role, Engine: string(n.engine), Action: Nothing, Why: []string{}}}}
	sockets, err := n.sockets(next)
	if err != nil {
		return c, err
	}
	listeners := !slices.Equal(was.public.http, next.public.http)
	if was.output.Generation.Web == next.output.Generation.Web && !listeners {
		return n.withStandIn(ctx, next, c)
	}
	plan := &c.plans[0]
	plan.Action, plan.Why = Reload, []string{"nginx.conf"}
	c.finish = func(context.Context) { n.show(next) }
	switch {
	case !n.runs():
		n.whileDown(c, next, sockets)
		check := func(ctx context.Context, g *generation) error { return n.check(ctx, g, sockets) }
		if err := n.checkWhileDown(ctx, was, next, check); err != nil {
			return c, err
		}
		return n.withStandIn(ctx, next, c)
	case listeners:
		plan.Action, plan.Why = Restart, []string{"the plain listeners"}
		n.replace(c, next)
	default:
		told := false
		c.commit = func(ctx context.Context) error {
			err := n.reload(ctx, next)
			told = !errors.Is(err, native.ErrNotTold)
			return err
		}
		c.undo = func(ctx context.Context) error {
			if !told {
				return n.adopt(was)
			}
			return n.back(ctx, n.reload(ctx, was))
		}
	}
	if err := n.check(ctx, next, sockets); err != nil {
		return c, err
	}
	return n.withStandIn(ctx, next, c)
}

// checkTime bounds a look at a file: nginx resolves every name in it.
const checkTime = time.Minute

// check has nginx look at the file of a generation.
func (n *nginxServer) check(ctx context.Context, g *generation, sockets []*os.File) error {
	var said strings.Builder
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	collect := func(line []byte) { fmt.Fprintf(&said, "%s\n", line) }
	setup := n.edge.setup(g)
	setup.Layout.Dir = n.edge.dir(g)
	exit, err := supervise.Once(ctx, native.NginxCheck(n.chosen.daemon, setup, sockets, collect), n.edge.state.instance)
	if err != nil {
		return fmt.Errorf("check nginx.conf: %w", err)
	}
	if exit.Code != 0 {
		return g.translate("nginx", said.String(), g.output.Nginx.Data, native.LocateNginx(said.String(), "nginx.conf"))
	}
	return nil
}

// whileDown changes what the next start of nginx will find.
func (n *nginxServer) whileDown(c *change, next *generation, sockets []*os.File) {
	old := n.native
	become := func(ctx context.Context, other *native.Nginx) error {
		n.native = other
		return errors.Join(n.process().Update(n.describe()), n.anew(ctx))
	}
	c.commit = func(ctx context.Context) error {
		return become(ctx, native.NewNginx(n.chosen.daemon, n.edge.setup(next), sockets))
	}
	c.undo = func(ctx context.Context) error { return become(ctx, old) }
}

// adopt has the next start use another generation.
func (n *nginxServer) adopt(g *generation) error {
	n.native.Adopt(n.edge.setup(g))
	return n.process().Update(n.describe())
}

// reload has the running nginx read the file anew, and makes sure that it did.
func (n *nginxServer) reload(ctx context.Context, g *generation) error {
	if err := n.adopt(g); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	r := n.process()
	return g.explain("nginx", n.native.Reload(ctx, r.Status().PID, r.Signal))
}

// replace starts another nginx beside the one that serves, since descriptors
// are inherited at the start only.
func (n *nginxServer) replace(c *change, next *generation) {
	old, oldNative := n.process(), n.native
	c.commit = func(ctx context.Context) error { return n.launch(ctx, next) }
	c.undo = func(ctx context.Context) error {
		if fresh := n.process(); fresh != old {
			fresh.stop(ctx)
			n.setRunning(old)
		}
		n.native = oldNative
		return nil
	}
	shown := c.finish
	c.finish = func(ctx context.Context) {
		shown(ctx)
		n.edge.leave(old)
	}
}

func (n *nginxServer) takeOver(ctx context.Context) error {
	return n.standInStarts(ctx, n.edge.serving())
}

func (n *nginxServer) handBack(context.Context) error {
	n.standInLeaves()
	return nil
}

func (n *nginxServer) retire() {
	n.endGuard()
	n.edge.leave(n.process())
	n.standInLeaves()
}

// leave has an nginx take nothing new, and live until its last worker has
// finished what it has begun. When leave returns it takes nothing any more, so
// that listeners which nobody needs may go.
func (e *Edge) leave(nginx *running) {
	e.leaving.addNginx(nginx)
	ctx, cancel := context.WithTimeout(e.life, reloadTime)
	defer cancel()
	err := nginx.Retire(ctx, syscall.SIGQUIT)
	for serving := 1; serving > 0 && err == nil && ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-time.After(leavePause):
			serving, _ = nginxWorkers(nginx)
		}
	}
	e.later.Go(func() {
		defer e.leaving.removeNginx(nginx)
		defer nginx.stop(e.life)
		if err != nil {
			return
		}
		select {
		case <-nginx.done:
		case <-e.life.Done():
		}
	})
}

// leavePause is between two looks at workers that are to leave.
const leavePause = 5 * time.Millisecond

// oldWorkers counts nginx's workers that only finish requests of before a
// reload.
func (n *nginxServer) oldWorkers() int {
	r := n.process()
	if r == nil {
		return 0
	}
	_, leaving := nginxWorkers(r)
	return leaving
}

// nginxWorkers counts an nginx's workers. One that has ended has none.
func nginxWorkers(nginx *running) (serving, leaving int) {
	serving, leaving, _ = native.NginxWorkers(nginx.Status().PID)
	return serving, leaving
}

// webSockets are none: they go from the cache tier to the app.
func (n *nginxServer) webSockets(context.Context) (int, error) { return 0, nil }

// checkFirst has nginx look at the first generation before anything is started.
func (n *nginxServer) checkFirst(ctx context.Context, g *generation) error {
	sockets, err := n.sockets(g)
	if err != nil {
		return err
	}
	return n.check(ctx, g, sockets)
}
