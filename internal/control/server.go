package control

import (
	"context"
	"slices"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// server serves one tier or several neighbouring ones: a daemon or a builtin
// plane. Its methods are called one at a time, but for status, which may be
// called at any time.
type server interface {
	// roles are its tiers, from the inside out.
	roles() []string
	// key tells whether a server of one generation can go on in another.
	key() string
	// start brings it up, and returns when every tier of it answers. After an
	// error it is to be stopped.
	start(ctx context.Context, g *generation.Generation) error
	// stage prepares a change to the next generation while the one before is
	// being served. The files of the next one stand in their directory. With an
	// error, what there is of the change is to be abandoned; there may be none.
	stage(ctx context.Context, next *generation.Generation) (*change, error)
	// retire has it take nothing new and end by itself, where it can without
	// ending a WebSocket; it is stopped at the latest with the edge.
	retire()
	// stop ends it, politely until hurry ends.
	stop(hurry context.Context)
	// status tells about one of its tiers.
	status(role string) api.TierStatus
}

// What follows a server may be besides. Each type says which it is beside it.
type (
	// checker can look at the first generation before anything is started.
	checker interface {
		checkFirst(ctx context.Context, g *generation.Generation) error
	}

	// guarded is a daemon, which a guard watches over.
	guarded interface {
		server
		base() *daemon
		// probe asks the daemon and nobody else.
		probe(ctx context.Context) error
		// takeOver has a builtin plane serve.
		takeOver(ctx context.Context) error
		// handBack has the daemon serve, which answers again.
		handBack(ctx context.Context) error
	}

	// tender has something to do about its process at each look of the guard.
	tender interface{ tend(pid int) }

	// refresher has something to do after each look at which it was well.
	refresher interface {
		refresh(ctx context.Context) error
	}

	// drainer can finish what it has begun and take nothing new, while those
	// behind it go on.
	drainer interface{ takeNothing(ctx context.Context) }

	// worker knows what is in work. With an error it could not be asked.
	worker interface {
		activity(ctx context.Context) (native.Activity, error)
	}

	// piper ends WebSockets where it is retired, and counts them.
	piper interface {
		webSockets(ctx context.Context) (int, error)
	}

	// purger stores answers, and forgets those that are meant, or has them grow stale.
	// It returns how many there were, and what a person should know of it.
	purger interface {
		purge(ctx context.Context, what site.Purge) (purged, error)
	}

	// lingerer has workers that only finish requests of before a reload.
	lingerer interface{ oldWorkers() int }

	// leaver has to make ready for retire while it alone takes connections;
	// stays undoes that.
	leaver interface {
		leaving(ctx context.Context) error
		stays()
	}

	// publisher is reached under a name that others may have taken, and can have
	// it back.
	publisher interface{ republish() error }

	// inTheWay is a server of which two cannot be beside each other in the runtime
	// directory, and which goes on without a place there.
	inTheWay interface {
		// makeWay lets another one have the place.
		makeWay()
		// fade is retire for one that has made way.
		fade()
	}

	// rooted has something in the runtime directory without which it is not
	// reached, or cannot be asked or reloaded.
	rooted interface {
		// missing lists what of that has gone and cannot be put back while the
		// server goes on.
		missing() []string
	}
)

// serving has for each engine that can be chosen how its server is made.
func serving() map[site.Engine]func(*house, generation.Chosen) server {
	return map[site.Engine]func(*house, generation.Chosen) server{site.Stunnel: newStunnel, site.Varnish: newVarnish, site.Nginx: newNginx}
}

// arrangement lists the servers of a generation, from the inside out: builtin
// tiers that are neighbours are one plane. Before them comes the relay to the
// backends that are looked after, where a daemon needs it. A daemon that serves an
// outer tier besides comes after those between its tiers, which it asks.
func (e *house) arrangement(g *generation.Generation) []server {
	inward := generation.Roles()
	slices.Reverse(inward)
	var servers []server
	if g.NeedsRelay() {
		servers = append(servers, newRelay(e))
	}
	if g.Fronted() {
		inward = []string{generation.RoleCache, generation.RoleWeb}
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
		servers = append(servers, serving()[c.Engine](e, c))
		inward = inward[1:]
	}
	return servers
}
