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
	// stage prepares a change to the next generation while the one before is being
	// served. The files of the next one are in their directory already. After an error
	// the caller abandons what there is of the change; it may be nil.
	stage(ctx context.Context, next *generation.Generation) (*change, error)
	// retire has it take nothing new and end by itself, where it can without
	// ending a WebSocket; it is stopped at the latest with the edge.
	retire()
	// stop ends it: politely until hurry ends, and at once after that.
	stop(hurry context.Context)
	// status tells about one of its tiers.
	status(role string) api.TierStatus
}

// A server may be any of the following besides. Each type asserts beside its declaration
// which of them it is.
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
		// handBack has the daemon serve again, when it answers.
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

	// dismisser ends each connection after its next answer, or keeps it again. Planes look
	// at the edge's own flag.
	dismisser interface {
		dismiss(ctx context.Context, clients bool) error
	}

	// worker knows what is in work. An error means that it could not be asked.
	worker interface {
		activity() (native.Activity, error)
	}

	// piper ends its WebSockets when it is retired, and can count them.
	piper interface {
		webSockets() (int, error)
	}

	// purger stores answers, and forgets those that are meant, or has them grow stale.
	// It returns how many there were, and what a person should know of it.
	purger interface {
		purge(ctx context.Context, what site.Purge) (purged, error)
	}

	// lingerer has workers from before a reload, which only finish their requests.
	lingerer interface{ oldWorkers() int }

	// leaver has to be made ready for retire while it is still the only one that takes
	// connections; stays undoes that.
	leaver interface {
		leaving(ctx context.Context) error
		stays()
	}

	// recorder tells of requests a moment after they have been answered, unless it is to
	// catch up.
	recorder interface{ catchUp() }

	// publisher is reached under a name that another server may have taken over, and can
	// take the name back.
	publisher interface{ republish() error }

	// inTheWay is a server that has a place in the runtime directory which only one of
	// its kind can have. It goes on without that place.
	inTheWay interface {
		// makeWay leaves the place to another one.
		makeWay()
		// fade does what retire does, after makeWay.
		fade()
	}

	// rooted needs something in the runtime directory to be reached, asked or reloaded.
	rooted interface {
		// missing lists what of that has gone and cannot be put back while the
		// server goes on.
		missing() []string
	}
)

// serving has for each daemon the function that makes its server.
func serving() map[site.Engine]func(*house, generation.Chosen) server {
	return map[site.Engine]func(*house, generation.Chosen) server{site.Stunnel: newStunnel, site.Varnish: newVarnish, site.Nginx: newNginx}
}

// arrangement lists the servers of a generation, from the inside out. Neighbouring
// builtin tiers are one plane. The relay to the backends that are looked after comes
// first, if a daemon needs it. A daemon that serves an outer tier as well comes after the
// tiers between, since it asks them.
func (e *house) arrangement(g *generation.Generation) []server {
	inward := site.Tiers()
	slices.Reverse(inward)
	var servers []server
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
