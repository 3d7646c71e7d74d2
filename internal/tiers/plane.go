package tiers

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/dataplane"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// plane runs neighbouring builtin tiers, or one that stands in for a daemon, or the
// relay.
type plane struct {
	house   *House
	tiers   []string // from the inside out
	standIn bool     // for a daemon, on the sockets that edgegen holds for it
	plain   bool     // the tls tier is left out: the sites are served as they come to the plain listeners
	shares  bool     // it has no tiers, and stores for a daemon what this edge owns in a cluster
	relay   bool     // it has no tiers, and leads daemons to backends
	keeps   bool     // its cache tier stores answers
	member  bool     // its cache tier, or what shares, answers other members
	fronted bool     // the daemon that ends TLS reads HTTP too
	cancel  context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex       // guards what follows
	served *dataplane.Plane // nil until it is started
	state  supervise.State
	since  time.Time
	shown  map[string]api.TierStatus // what does not change while a generation is served
	inner  []innerSocket             // between it and its neighbours
	asked  []string                  // the backends that a relay has sockets for
}

var (
	_ Server    = (*plane)(nil)
	_ drainer   = (*plane)(nil)
	_ worker    = (*plane)(nil)
	_ publisher = (*plane)(nil)
	_ rooted    = (*plane)(nil)
	_ purger    = (*plane)(nil)
)

// newPlane makes a plane for a generation. A plane that ends TLS, or that stores answers,
// cannot go on in a generation in which nobody does.
func newPlane(e *House, g *generation.Generation, tiers []string) *plane {
	return &plane{house: e, tiers: slices.Clone(tiers), plain: g.Loaded.Edge.Plain(), keeps: !g.Loaded.Edge.Uncached(), fronted: g.Fronted(),
		member: g.Loaded.Edge.Cluster != nil && slices.Contains(tiers, site.CacheTier)}
}

// newSharing makes the plane that is a member of a cluster for a cache tier that a daemon
// serves.
func newSharing(e *House) *plane { return &plane{house: e, shares: true, member: true} }

func (p *plane) Key() string {
	switch {
	case p.relay:
		return "relay"
	case p.shares:
		return "sharing"
	}
	key := "builtin " + strings.Join(p.tiers, " ")
	if p.plain {
		key += " plain"
	}
	if !p.keeps {
		key += " uncached"
	}
	if p.fronted {
		key += " fronted"
	}
	if p.member {
		key += " member"
	}
	return key
}

func (p *plane) has(role string) bool { return slices.Contains(p.tiers, role) }

func (p *plane) String() string {
	switch {
	case p.relay:
		return "relay to the apps"
	case p.shares:
		return "member of the cluster"
	}
	outward := slices.Clone(p.tiers)
	slices.Reverse(outward)
	if len(outward) == 1 {
		return "builtin " + outward[0] + " tier"
	}
	return "builtin " + strings.Join(outward, ", ") + " tiers"
}

func (p *plane) Start(ctx context.Context, g *generation.Generation) error {
	options, err := p.options(g)
	if err != nil {
		return err
	}
	p.show(g)
	p.become(supervise.Starting)
	served, err := dataplane.New(options)
	if err != nil {
		return fmt.Errorf("make the %s: %w", p, err)
	}
	p.mu.Lock()
	p.served = served
	p.mu.Unlock()
	for _, what := range p.house.edge.Missed() {
		_, _ = p.purge(ctx, what) // it cannot fail
	}
	running, cancel := context.WithCancel(context.Background())
	p.cancel, p.done = cancel, make(chan struct{})
	go func() {
		defer close(p.done)
		if err := served.Run(running); err != nil {
			p.become(supervise.Failed)
			p.house.Log.Error("builtin tiers ended", "tiers", p.String(), "error", err)
			return
		}
		p.become(supervise.Stopped)
	}()
	if err := p.answers(ctx, g); err != nil {
		return fmt.Errorf("start the %s: %w", p, err)
	}
	if err := p.publish(); err != nil {
		return err
	}
	p.become(supervise.Running)
	return nil
}

// answers asks every tier.
func (p *plane) answers(ctx context.Context, g *generation.Generation) error {
	if err := p.plane().Probe(ctx); err != nil {
		return err
	}
	if p.has(site.TLSTier) && !p.standIn && !p.plain {
		return probeTLS(ctx, g)
	}
	return nil
}

func (p *plane) become(state supervise.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state, p.since = state, time.Now()
}

// show keeps what the status tells about a generation.
func (p *plane) show(g *generation.Generation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = make(map[string]api.TierStatus)
	for _, role := range p.tiers {
		p.shown[role] = api.TierStatus{
			Role: role, Engine: engineOf(g, role), Version: p.house.Version, PID: os.Getpid(),
			Listen: listening(g, p.house.Layout, role), Reason: g.Engines[role].Reason,
		}
	}
}

// engineOf is the engine that the status names for a tier of a plane: off if the tier is
// left out.
func engineOf(g *generation.Generation, role string) string {
	if g.Engines[role].Engine == site.Off {
		return string(site.Off)
	}
	return string(site.Builtin) // also where it stands in
}

func (p *plane) status(role string) api.TierStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	status := p.shown[role]
	status.State, status.Since = string(p.state), p.since
	return status
}

func (p *plane) Roles() []string { return p.tiers }

// retire lets the plane go on as long as a WebSocket is open in it.
func (p *plane) retire() {
	e := p.house
	e.leaving.planes.add(p)
	e.Later.Go(func() {
		defer e.leaving.planes.remove(p)
		p.plane().Retire(e.Life)
		<-p.done
	})
}

func (p *plane) Stop(hurry context.Context) {
	if p.done == nil {
		return
	}
	p.cancel()
	select {
	case <-p.done:
	case <-hurry.Done():
		now, end := context.WithCancel(context.Background())
		end()
		p.plane().Shutdown(now)
		<-p.done
	}
}

func (p *plane) plane() *dataplane.Plane {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.served
}

// Activity counts what a cache tier has in work; it can always be asked.
func (p *plane) Activity() (native.Activity, error) { return p.work(), nil }

func (p *plane) work() native.Activity {
	served := p.plane()
	if !p.has(site.CacheTier) || served == nil {
		return native.Activity{}
	}
	return native.Activity{WebSockets: served.WebSockets(), Requests: served.Requests()}
}

// TakeNothing has the plane finish what it has begun and take nothing new, while the
// servers behind it go on. A plane behind a daemon that reads HTTP goes on taking
// requests: the daemon would have no answer for clients that are connected to it already.
func (p *plane) TakeNothing(context.Context) {
	if p.fronted {
		return
	}
	p.house.Later.Go(func() { p.plane().Retire(p.house.Life) })
}
