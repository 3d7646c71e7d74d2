package control

import (
	"context"
	"slices"

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
	start(ctx context.Context, g *generation) error
	// stage prepares a change to the next generation while the one before is
	// being served. The files of the next one stand in their directory.
	stage(ctx context.Context, next *generation) (*change, error)
	// retire has it take nothing new and end by itself, where it can without
	// ending a WebSocket; it is stopped at the latest with the edge.
	retire()
	// stop ends it, politely until hurry ends.
	stop(hurry context.Context)
	// status tells about one of its tiers.
	status(role string) TierStatus
	// webSockets counts what it would end if it were stopped.
	webSockets(ctx context.Context) (int, error)
}

// change is what a reload does to one server. Its functions may be nil.
type change struct {
	plans     []TierPlan // one for each tier
	uncounted error      // why WebSockets are missing in them

	commit  func(context.Context) error // returns when the new generation is served
	undo    func(context.Context) error // after a commit, also one that failed halfway
	abandon func(context.Context)       // instead of a commit
	finish  func(context.Context)       // when everything has been committed
}

// touches reports whether the change does anything.
func (c *change) touches() bool { return c.commit != nil }

// arrangement lists the servers of a generation, from the inside out: builtin
// tiers that are neighbours are one plane.
func (e *Edge) arrangement(g *generation) []server {
	inward := roles()
	slices.Reverse(inward)
	var servers []server
	for len(inward) > 0 {
		count := 0
		for count < len(inward) && !g.native(inward[count]) {
			count++
		}
		if count > 0 {
			servers = append(servers, newPlane(e, inward[:count]))
			inward = inward[count:]
			continue
		}
		servers = append(servers, e.newDaemon(g.engines[inward[0]]))
		inward = inward[1:]
	}
	return servers
}

func (e *Edge) newDaemon(c chosen) server {
	switch c.engine {
	case site.Nginx:
		return newNginx(e, c)
	case site.Varnish:
		return newVarnish(e, c)
	default:
		return newStunnel(e, c)
	}
}
