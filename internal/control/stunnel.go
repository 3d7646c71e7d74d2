package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// stunnelServer is stunnel as the TLS tier.
type stunnelServer struct {
	daemon
	native *native.Stunnel
}

func newStunnel(e *Edge, c chosen) server {
	return &stunnelServer{daemon: daemon{edge: e, chosen: c}}
}

func (s *stunnelServer) base() *daemon { return &s.daemon }

func (s *stunnelServer) start(ctx context.Context, g *generation) error {
	s.show(g)
	if err := s.launch(ctx, g); err != nil {
		return s.startFailed(ctx, s, g, err)
	}
	if err := probeTLS(ctx, g); err != nil {
		return fmt.Errorf("start stunnel: %w", err)
	}
	s.guarded(s)
	return nil
}

// launch starts a stunnel that shares nothing with one before it but the public
// listeners.
func (s *stunnelServer) launch(ctx context.Context, g *generation) error {
	fresh, err := native.NewStunnel(s.chosen.daemon, s.setup(g), files(g.public.https))
	if err != nil {
		return err
	}
	s.native = fresh
	r, err := s.edge.launchReady(ctx, s.describe())
	s.setRunning(r)
	return err
}

// setup has stunnel read the files of a generation where they stand, and not
// those that are in force when it is started: that may be in the middle of a
// reload which is taken back before stunnel's turn.
func (s *stunnelServer) setup(g *generation) native.Setup {
	setup := s.edge.setup(g)
	setup.Layout.Dir = s.edge.dir(g)
	return setup
}

func (s *stunnelServer) describe() supervise.Process {
	p := s.native.Process()
	p.OnChange = func(supervise.Status) { s.changed() }
	return p
}

func (s *stunnelServer) probe(ctx context.Context) error { return s.native.Probe(ctx) }

func (s *stunnelServer) stage(ctx context.Context, next *generation) (*change, error) {
	was := s.edge.serving()
	c := &change{plans: []TierPlan{{Role: s.role, Engine: string(s.engine), Action: Nothing, Why: []string{}}}}
	restart := native.StunnelChange(was.output, next.output)
	if !slices.Equal(was.public.https, next.public.https) && len(restart) == 0 {
		restart = []string{"the TLS listeners"}
	}
	if was.output.Generation.TLS == next.output.Generation.TLS && len(restart) == 0 {
		c.finish = func(context.Context) { s.moved(next) }
		return s.withStandIn(ctx, next, c)
	}
	plan := &c.plans[0]
	plan.Action, plan.Why = Reload, s.why(was, next)
	c.finish = func(context.Context) { s.show(next) }
	switch {
	case !s.runs():
		s.whileDown(c, next)
		if err := s.checkWhileDown(ctx, was, next, s.check); err != nil {
			return c, err
		}
		return s.withStandIn(ctx, next, c)
	case len(restart) > 0:
		plan.Action, plan.Why = Restart, restart
		s.replace(c, next)
	default:
		told := false
		c.commit = func(ctx context.Context) error {
			err := s.reload(ctx, was, next)
			told = !errors.Is(err, native.ErrNotTold)
			return err
		}
		c.undo = func(ctx context.Context) error {
			if !told {
				return s.adopt(was)
			}
			return s.back(ctx, s.reload(ctx, next, was))
		}
	}
	if err := s.check(ctx, next); err != nil {
		return c, err
	}
	return s.withStandIn(ctx, next, c)
}

// why names what is new for stunnel.
func (s *stunnelServer) why(was, next *generation) []string {
	renewed := 0
	for _, pem := range next.output.PEM {
		if !slices.ContainsFunc(was.output.PEM, func(had render.File) bool {
			return had.Name == pem.Name && bytes.Equal(had.Data, pem.Data)
		}) {
			renewed++
		}
	}
	switch renewed {
	case 0:
		return []string{"stunnel.conf"}
	case 1:
		return []string{"a certificate"}
	}
	return []string{fmt.Sprintf("%d certificates", renewed)}
}

// check starts a stunnel on private sockets with the files of a generation,
// because stunnel has no other way to look at them.
func (s *stunnelServer) check(ctx context.Context, g *generation) error {
	layout := s.edge.layout
	layout.Dir = s.edge.dir(g) + "-tls"
	defer os.RemoveAll(layout.Dir)
	left := render.Leave{Cache: true, Web: true}
	output, err := renderFor(g.loaded, g.path, g.pairs, render.Input{Layout: layout, Leave: left, Version: s.edge.options.Version, Standby: true})
	if err != nil {
		return err
	}
	uid, gid := s.edge.who.owner()
	if err := render.Place(layout.Dir, output.Files(), render.Owner{UID: uid, GID: gid}, s.edge.dir(g)); err != nil {
		return err
	}
	setup := s.edge.setup(g)
	setup.Layout = layout
	_, err = native.CheckStunnel(ctx, s.chosen.daemon, setup, output, s.edge.state.instance)
	return g.explain("stunnel", err)
}

// whileDown changes what the next start of stunnel will find.
func (s *stunnelServer) whileDown(c *change, next *generation) {
	old := s.native
	c.commit = func(ctx context.Context) error {
		fresh, err := native.NewStunnel(s.chosen.daemon, s.setup(next), files(next.public.https))
		if err != nil {
			return err
		}
		s.native = fresh
		return errors.Join(s.process().Update(s.describe()), s.anew(ctx))
	}
	c.undo = func(ctx context.Context) error {
		if s.native == old {
			return nil
		}
		fresh := s.native
		s.native = old
		return errors.Join(s.process().Update(s.describe()), s.anew(ctx), fresh.Close())
	}
	shown := c.finish
	c.finish = func(ctx context.Context) {
		shown(ctx)
		if err := old.Close(); err != nil {
			s.edge.options.Log.Debug("remove what an earlier stunnel used", "error", err)
		}
	}
}

// adopt has the next start use another generation.
func (s *stunnelServer) adopt(g *generation) error {
	s.native.Adopt(s.setup(g))
	return s.process().Update(s.describe())
}

// moved has a stunnel for which nothing is new know the files of a generation:
// those of before are about to go.
func (s *stunnelServer) moved(g *generation) {
	if err := s.native.Moved(s.setup(g)); err != nil {
		s.edge.options.Log.Warn("lead stunnel to its files", "error", err)
	}
}

// reload has the running stunnel read its file anew, and makes sure that it
// serves every certificate that is new.
func (s *stunnelServer) reload(ctx context.Context, from, to *generation) error {
	if err := s.adopt(to); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	if err := s.native.Reload(ctx, s.process().Signal); err != nil {
		return to.explain("stunnel", err)
	}
	if s.degraded() {
		return nil // others answer on the public listeners too
	}
	return probeRenewed(ctx, from, to)
}

// renewedTime bounds the look at certificates.
const renewedTime = 10 * time.Second

// probeRenewed asks for the name of each site whose certificate is another one.
func probeRenewed(ctx context.Context, from, to *generation) error {
	ctx, cancel := context.WithTimeout(ctx, renewedTime)
	defer cancel()
	had := make(map[string][]byte)
	for i := range from.loaded.Edge.Sites {
		had[from.loaded.Edge.Sites[i].Host] = from.pairs[i].Leaf.Raw
	}
	for i := range to.loaded.Edge.Sites {
		host := to.loaded.Edge.Sites[i].Host
		if bytes.Equal(had[host], to.pairs[i].Leaf.Raw) {
			continue
		}
		if _, err := netip.ParseAddr(host); err == nil && i != to.loaded.Edge.First {
			continue // clients do not name an address (RFC 6066, 3)
		}
		for _, listener := range to.loaded.Edge.HTTPS {
			if err := native.ProbeTLS(ctx, reachable(listener), host, to.pairs[i].Leaf); err != nil {
				return err
			}
		}
	}
	return nil
}

// replace starts another stunnel beside the one that serves. The old one goes
// on with the connections that it has when all has been committed.
func (s *stunnelServer) replace(c *change, next *generation) {
	old, oldNative := s.process(), s.native
	c.commit = func(ctx context.Context) error {
		// While the old one alone is there to take them in.
		if err := oldNative.Anchor(ctx); err != nil {
			return fmt.Errorf("prepare to replace stunnel: %w", err)
		}
		return s.launch(ctx, next)
	}
	c.undo = func(ctx context.Context) error {
		oldNative.Release()
		if fresh := s.process(); fresh != old {
			fresh.stop(ctx)
			s.setRunning(old)
		}
		if s.native == oldNative {
			return nil
		}
		fresh := s.native
		s.native = oldNative
		return fresh.Close()
	}
	shown := c.finish
	c.finish = func(ctx context.Context) {
		shown(ctx)
		s.leave(ctx, old, oldNative)
	}
}

// leave has a stunnel take nothing new, and ends it when its last connection
// has ended.
func (s *stunnelServer) leave(ctx context.Context, old *running, was *native.Stunnel) {
	e := s.edge
	telling, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	err := was.Retire(telling, old.Signal)
	if err != nil && !errors.Is(err, supervise.ErrNotRunning) {
		e.options.Log.Warn("the old stunnel cannot be told to take nothing new; it is ended", "error", err)
	}
	if err == nil {
		err = old.Retire(telling, 0)
	}
	e.later.Go(func() {
		defer was.Close()
		defer old.stop(e.life)
		for err == nil {
			pid := old.Status().PID
			e.endSlowHandshakes(was, pid)
			left, counted := was.Connections(pid)
			if counted != nil || left == 0 {
				return
			}
			select {
			case <-time.After(leavingPause):
			case <-old.done:
				return
			case <-e.life.Done():
				return
			}
		}
	})
}

// tend ends what stunnel does not end itself.
func (s *stunnelServer) tend(pid int) { s.edge.endSlowHandshakes(s.native, pid) }

func (e *Edge) endSlowHandshakes(stunnel *native.Stunnel, pid int) {
	if err := stunnel.EndSlowHandshakes(pid); err != nil {
		e.options.Log.Warn("a TLS handshake is not bounded as a whole, but from one byte to the next", "from", site.Stunnel, "error", err)
	}
}

// leavingPause is between two looks at what an old process still serves.
const leavingPause = time.Second

func (s *stunnelServer) takeOver(ctx context.Context) error {
	return s.standInStarts(ctx, s.edge.serving())
}

func (s *stunnelServer) handBack(ctx context.Context) error {
	s.standInLeaves()
	return nil
}

func (s *stunnelServer) retire() {
	s.endGuard()
	s.leave(s.edge.life, s.process(), s.native)
	s.standInLeaves()
}

// webSockets are none: an old stunnel goes on until its last connection ends.
func (s *stunnelServer) webSockets(context.Context) (int, error) { return 0, nil }

// takeNothing has it finish what it has begun, while those behind it go on.
func (s *stunnelServer) takeNothing(ctx context.Context) {
	r := s.process()
	if r == nil || !s.runs() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lastTime)
	defer cancel()
	if err := s.native.Retire(ctx, r.Signal); err != nil {
		s.edge.options.Log.Debug("have stunnel take nothing new", "error", err)
	}
}

// leaving makes ready for retire while this stunnel alone takes connections, and
// stays undoes that.
func (s *stunnelServer) leaving(ctx context.Context) error {
	if !s.runs() {
		return nil
	}
	return s.native.Anchor(ctx)
}

func (s *stunnelServer) stays() { s.native.Release() }

func (s *stunnelServer) stop(hurry context.Context) {
	s.daemon.stop(hurry)
	if s.native == nil {
		return
	}
	if err := s.native.Close(); err != nil {
		s.edge.options.Log.Debug("remove what stunnel used", "error", err)
	}
}
