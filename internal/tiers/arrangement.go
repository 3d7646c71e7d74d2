package tiers

import (
	"context"
	"fmt"
	"slices"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// serving has for each daemon the function that makes its server.
func serving() map[site.Engine]func(*House, generation.Chosen) Server {
	return map[site.Engine]func(*House, generation.Chosen) Server{site.Stunnel: newStunnel, site.Varnish: newVarnish, site.Nginx: newNginx}
}

// Arrangement lists the servers of a generation, from the inside out. Neighbouring
// builtin tiers are one plane. The relay to the backends that are looked after comes
// first, if a daemon needs it. A daemon that serves an outer tier as well comes after the
// tiers between, since it asks them.
func (e *House) Arrangement(g *generation.Generation) []Server {
	inward := site.Tiers()
	slices.Reverse(inward)
	var servers []Server
	if g.NeedsRelay() {
		servers = append(servers, newRelay(e))
	}
	if g.Fronted() {
		inward = []string{site.CacheTier, site.WebTier}
	}
	for len(inward) > 0 {
		count := 0
		for count < len(inward) && !g.Native(inward[count]) {
			count++
		}
		if count > 0 {
			servers = append(servers, newPlane(e, g, inward[:count]))
			inward = inward[count:]
			continue
		}
		c := g.Engines[inward[0]]
		if inward[0] == site.CacheTier && g.Loaded.Edge.Cluster != nil {
			servers = append(servers, newSharing(e))
		}
		servers = append(servers, serving()[c.Engine](e, c))
		inward = inward[1:]
	}
	return servers
}

// CheckFirst has daemons look at the first generation, before anything is started.
func (e *House) CheckFirst(ctx context.Context, g *generation.Generation) error {
	for _, s := range e.Arrangement(g) {
		if c, ok := s.(checker); ok {
			if err := c.CheckFirst(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// newServer starts a server beside those that serve.
type newServer struct {
	NoStep
	server Server
	next   *generation.Generation
	serves bool
}

func (n *newServer) Commit(ctx context.Context) error {
	err := n.server.Start(ctx, n.next)
	n.serves = err == nil
	return err
}

func (n *newServer) Undo(ctx context.Context) error {
	if n.serves {
		n.server.retire() // with the requests that it has got meanwhile
	} else {
		n.server.Stop(ctx)
	}
	return nil
}

// Begin is the change by which a new server starts to serve.
func (e *House) Begin(s Server, next *generation.Generation) *Change {
	c := &Change{}
	for _, role := range s.Roles() {
		c.Plans = append(c.Plans, api.TierPlan{Role: role, Engine: string(next.Engines[role].Engine), Action: api.Restart,
			Why: []string{fmt.Sprintf("another engine: %s", next.Engines[role].Reason)}})
	}
	if file := e.storageOf(s, next); file != nil {
		c.then(file)
	}
	c.then(&newServer{server: s, next: next})
	return c
}
