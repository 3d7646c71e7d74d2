package tiers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// stunnelServer is stunnel as the TLS tier.
type stunnelServer struct{ heir[*native.Stunnel] }

var (
	_ inheriting[*native.Stunnel] = (*stunnelServer)(nil)
	_ tender                      = (*stunnelServer)(nil)
	_ drainer                     = (*stunnelServer)(nil)
	_ leaver                      = (*stunnelServer)(nil)
	_ checker                     = (*stunnelServer)(nil)
	_ rooted                      = (*stunnelServer)(nil)
)

func newStunnel(e *House, c generation.Chosen) Server {
	s := &stunnelServer{heir[*native.Stunnel]{daemon: daemon{house: e, Chosen: c}}}
	s.kind = s
	return s
}

func (s *stunnelServer) make(g *generation.Generation) (*native.Stunnel, error) {
	return native.NewStunnel(s.Chosen.Daemon, s.settings(g), generation.Files(g.Public.HTTPS))
}

func (s *stunnelServer) answers(ctx context.Context, g *generation.Generation) error {
	return probeTLS(ctx, g)
}

// settings have stunnel read the files in the generation's own directory, and not by way
// of the link to the files in force. Stunnel may be started in the middle of a reload
// that is then taken back, when the link leads elsewhere.
func (s *stunnelServer) settings(g *generation.Generation) native.Setup {
	setup := s.house.setup(g, s.Engine)
	setup.Layout.Dir = s.house.Dir(g)
	return setup
}

func (s *stunnelServer) differs(was, next *generation.Generation) (restart, reload []string) {
	restart = native.StunnelChange(was.Output, next.Output)
	if !slices.Equal(was.Public.HTTPS, next.Public.HTTPS) && len(restart) == 0 {
		restart = []string{"the TLS listeners"}
	}
	if was.Output.Of(s.Engine).Generation != next.Output.Of(s.Engine).Generation {
		reload = s.why(was, next)
	}
	return restart, reload
}

// why names what is new for stunnel.
func (s *stunnelServer) why(was, next *generation.Generation) []string {
	renewed, sealed := 0, false
	for _, pem := range next.Output.Of(s.Engine).PEM {
		if !slices.ContainsFunc(was.Output.Of(s.Engine).PEM, func(had render.File) bool {
			return had.Name == pem.Name && bytes.Equal(had.Data, pem.Data)
		}) {
			if strings.HasSuffix(pem.Name, ".pem") {
				renewed++
			} else {
				sealed = true
			}
		}
	}
	switch renewed {
	case 0:
		if sealed && bytes.Equal(was.Output.Of(s.Engine).Main().Data, next.Output.Of(s.Engine).Main().Data) {
			return []string{"the keys of tickets"}
		}
		return []string{"stunnel.conf"}
	case 1:
		return []string{"a certificate"}
	}
	return []string{fmt.Sprintf("%d certificates", renewed)}
}

// CheckFirst looks at the first generation, where there is something that only stunnel
// can judge.
func (s *stunnelServer) CheckFirst(ctx context.Context, g *generation.Generation) error {
	if len(g.Loaded.Edge.RawFor(s.Engine)) == 0 && !slices.Contains(g.Templates.Engines(), s.Engine) {
		return nil
	}
	return s.check(ctx, g)
}

// check starts a stunnel on private sockets with the files of a generation,
// because stunnel has no other way to look at them.
func (s *stunnelServer) check(ctx context.Context, g *generation.Generation) error {
	layout := s.house.Layout
	layout.Dir = s.house.Dir(g) + "-tls"
	defer os.RemoveAll(layout.Dir)
	output, err := generation.RenderFor(g.Loaded, g.Path, g.Pairs, render.Input{Layout: layout, Tiers: site.Engines{TLS: s.Engine, Cache: site.Builtin, Web: site.Builtin}, Version: s.house.Version, Standby: true, Templates: g.Templates, Tickets: g.Tickets()})
	if err != nil {
		return err
	}
	uid, gid := s.house.Who.Owner()
	if err := render.Place(layout.Dir, output.Files(), render.Owner{UID: uid, GID: gid}, s.house.Dir(g)); err != nil {
		return err
	}
	setup := s.house.setup(g, s.Engine)
	setup.Layout = layout
	_, err = native.CheckStunnel(ctx, s.Chosen.Daemon, setup, output, s.house.Instance)
	return g.Explain(s.Engine, err)
}

// unchanged tells a stunnel for which nothing is new where the files of the next
// generation are: those of the one before are about to be deleted.
func (s *stunnelServer) unchanged(next *generation.Generation) {
	if err := s.program.Moved(s.settings(next)); err != nil {
		s.house.Log.Warn("cannot switch stunnel to its new files", "error", err)
	}
}

// tell has the process read its files anew, and makes sure that every new certificate is
// served.
func (s *stunnelServer) tell(ctx context.Context, from, to *generation.Generation) error {
	if err := s.program.Reload(ctx, s.process().Signal); err != nil {
		return to.Explain(s.Engine, err)
	}
	if s.degraded() {
		return nil // others answer on the public listeners too
	}
	return probeRenewed(ctx, from, to)
}

// leave has a stunnel take nothing new, and ends it when its last connection
// has ended.
func (s *stunnelServer) leave(ctx context.Context, old *supervise.Kept, was *native.Stunnel) {
	e := s.house
	telling, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	err := was.Retire(telling, old.Signal)
	if err != nil && !errors.Is(err, supervise.ErrNotRunning) {
		e.Log.Warn("cannot make the old stunnel refuse new connections; stopping it", "error", err)
	}
	if err == nil {
		err = old.Retire(telling, 0)
	}
	e.Later.Go(func() {
		defer was.Close()
		defer old.Stop(e.Life)
		for err == nil {
			pid := old.Status().PID
			e.endSlowHandshakes(was, pid)
			left, counted := was.Connections(pid)
			if counted != nil || left == 0 {
				return
			}
			select {
			case <-time.After(leavingPause):
			case <-old.Done():
				return
			case <-e.Life.Done():
				return
			}
		}
	})
}

// tend ends what stunnel does not end itself.
func (s *stunnelServer) tend(pid int) { s.house.endSlowHandshakes(s.program, pid) }

func (e *House) endSlowHandshakes(stunnel *native.Stunnel, pid int) {
	if err := stunnel.EndSlowHandshakes(pid); err != nil {
		e.Log.Warn("timeouts.header bounds a TLS handshake only from one byte to the next", "from", site.Stunnel, "error", err)
	}
}

// TakeNothing has it finish what it has begun, while those behind it go on.
func (s *stunnelServer) TakeNothing(ctx context.Context) {
	r := s.process()
	if r == nil || !s.runs() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lastTime)
	defer cancel()
	if err := s.program.Retire(ctx, r.Signal); err != nil {
		s.house.Log.Debug("cannot make stunnel refuse new connections", "error", err)
	}
}

// leaving makes ready for retire while this stunnel alone takes connections, and
// stays undoes that.
func (s *stunnelServer) leaving(ctx context.Context) error {
	if !s.runs() {
		return nil
	}
	return s.program.Anchor(ctx)
}

func (s *stunnelServer) stays() { s.program.Release() }
