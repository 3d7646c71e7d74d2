package tiers

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/supervise"
	"edgegen/internal/wait"
)

// nginxServer is nginx as the web tier, or as that and the TLS tier.
type nginxServer struct {
	heir[*native.Nginx]
	inner []innerSocket // that it was started with
}

var (
	_ inheriting[*native.Nginx] = (*nginxServer)(nil)
	_ checker                   = (*nginxServer)(nil)
	_ lingerer                  = (*nginxServer)(nil)
	_ rooted                    = (*nginxServer)(nil)
	_ worker                    = (*nginxServer)(nil)
)

func newNginx(e *House, c generation.Chosen) Server {
	n := &nginxServer{heir: heir[*native.Nginx]{daemon: daemon{house: e, Chosen: c}}}
	n.kind = n
	return n
}

// sockets are the descriptors that nginx inherits.
func (n *nginxServer) sockets(g *generation.Generation) (inherited []*os.File, inner []innerSocket, err error) {
	for _, path := range []string{n.house.Layout.WebSocket(), n.house.Layout.WebProbe()} {
		file, err := n.house.hold(path)
		if err != nil {
			return nil, nil, err
		}
		inherited, inner = append(inherited, file), append(inner, innerSocket{path, file})
	}
	return append(inherited, generation.Files(n.public(g))...), inner, nil
}

// public are the public listeners that are nginx's.
func (n *nginxServer) public(g *generation.Generation) []*generation.Listener {
	switch {
	case g.Fronted():
		return slices.Concat(g.Public.HTTP, g.Public.HTTPS)
	case g.Loaded.Edge.PlainByTLS():
		return nil
	}
	return g.Public.HTTP
}

func (n *nginxServer) make(g *generation.Generation) (*native.Nginx, error) {
	sockets, inner, err := n.sockets(g)
	if err != nil {
		return nil, err
	}
	n.inner = inner
	made := native.NewNginx(n.Chosen.Daemon, n.settings(g), sockets)
	made.EndsTLS = g.Fronted()
	made.OnWorkerDied = func(died *native.WorkerDied) { n.Lost(died) }
	return made, nil
}

func (n *nginxServer) settings(g *generation.Generation) native.Setup {
	return n.house.setup(g, n.Engine)
}

// differs asks for another nginx where the listeners are others, since
// descriptors are inherited at the start only.
func (n *nginxServer) differs(was, next *generation.Generation) (restart, reload []string) {
	if !slices.Equal(n.public(was), n.public(next)) {
		restart = []string{"the listeners"}
	}
	if was.Output.Of(n.Engine).Generation != next.Output.Of(n.Engine).Generation {
		reload = []string{"nginx.conf"}
	}
	return restart, reload
}

func (*nginxServer) unchanged(*generation.Generation) {}

func (*nginxServer) answers(ctx context.Context, g *generation.Generation) error {
	if !g.Fronted() {
		return nil
	}
	return probeTLS(ctx, g)
}

// Activity is that of the stand-in: what nginx has in work, the plane behind it has too.
func (n *nginxServer) Activity() (native.Activity, error) { return n.standInWork(), nil }

// checkTime bounds a look at a file: nginx resolves every name in it.
const checkTime = time.Minute

// check has nginx look at the file of a generation.
func (n *nginxServer) check(ctx context.Context, g *generation.Generation) error {
	sockets, _, err := n.sockets(g)
	if err != nil {
		return err
	}
	var said strings.Builder
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	collect := func(line []byte) { fmt.Fprintf(&said, "%s\n", line) }
	setup := n.house.setup(g, n.Engine)
	setup.Layout.Dir = n.house.Dir(g)
	exit, err := supervise.Once(ctx, native.NginxCheck(n.Chosen.Daemon, setup, sockets, collect), n.house.Instance)
	if err != nil {
		return fmt.Errorf("check nginx.conf: %w", err)
	}
	if exit.Code != 0 {
		return g.RefusedBy(n.Engine, said.String())
	}
	return nil
}

// CheckFirst looks at the first generation.
func (n *nginxServer) CheckFirst(ctx context.Context, g *generation.Generation) error {
	return n.check(ctx, g)
}

// tell has the process read its files anew, and makes sure that every new certificate is
// served.
func (n *nginxServer) tell(ctx context.Context, from, to *generation.Generation) error {
	r := n.process()
	if err := n.program.Reload(ctx, r.Status().PID, r.Signal); err != nil {
		return to.Explain(n.Engine, err)
	}
	if !to.Fronted() || n.degraded() {
		return nil // others answer on the public listeners too
	}
	return probeRenewed(ctx, from, to)
}

// leave has an nginx take nothing new, and live until its last worker has
// finished what it has begun. When leave returns it takes nothing any more, so
// that listeners which nobody needs may go.
func (n *nginxServer) leave(_ context.Context, old *supervise.Kept, _ *native.Nginx) {
	e := n.house
	e.leaving.nginxes.add(old)
	ctx, cancel := context.WithTimeout(e.Life, reloadTime)
	defer cancel()
	err := old.Retire(ctx, syscall.SIGQUIT)
	for serving := 1; serving > 0 && err == nil && ctx.Err() == nil; {
		if wait.For(ctx, leavePause) {
			serving, _ = nginxWorkers(old)
		}
	}
	e.Later.Go(func() {
		defer e.leaving.nginxes.remove(old)
		defer old.Stop(e.Life)
		if err != nil {
			return
		}
		select {
		case <-old.Done():
		case <-e.Life.Done():
		}
	})
}

// leavePause is between two looks at workers that are to leave.
const leavePause = 5 * time.Millisecond

// OldWorkers counts nginx's workers that only finish requests of before a
// reload.
func (n *nginxServer) OldWorkers() int {
	r := n.process()
	if r == nil {
		return 0
	}
	_, leaving := nginxWorkers(r)
	return leaving
}
