package tiers

import (
	"context"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// Server serves one tier or several neighbouring ones: a daemon or a builtin
// plane. Its methods are called one at a time, but for status, which may be
// called at any time.
type Server interface {
	// Roles are its tiers, from the inside out.
	Roles() []string
	// Key tells whether a server of one generation can go on in another.
	Key() string
	// Start brings it up, and returns when every tier of it answers. After an
	// error it is to be stopped.
	Start(ctx context.Context, g *generation.Generation) error
	// Stage prepares a change to the next generation while the one before is being
	// served. The files of the next one are in their directory already. After an error
	// the caller abandons what there is of the change; it may be nil.
	Stage(ctx context.Context, next *generation.Generation) (*Change, error)
	// retire has it take nothing new and end by itself, where it can without
	// ending a WebSocket; it is stopped at the latest with the edge.
	retire()
	// Stop ends it: politely until hurry ends, and at once after that.
	Stop(hurry context.Context)
	// status tells about one of its tiers.
	status(role string) api.TierStatus
}

// A server may be any of the following besides. Each type asserts beside its declaration
// which of them it is.
type (
	// checker can look at the first generation before anything is started.
	checker interface {
		CheckFirst(ctx context.Context, g *generation.Generation) error
	}

	// tender has something to do about its process at each look of the guard.
	tender interface{ tend(pid int) }

	// refresher has something to do after each look at which it was well.
	refresher interface {
		refresh(ctx context.Context) error
	}

	// drainer can finish what it has begun and take nothing new, while those
	// behind it go on.
	drainer interface{ TakeNothing(ctx context.Context) }

	// dismisser ends each connection after its next answer, or keeps it again. Planes look
	// at the edge's own flag.
	dismisser interface {
		Dismiss(ctx context.Context, clients bool) error
	}

	// worker knows what is in work. An error means that it could not be asked.
	worker interface {
		Activity() (native.Activity, error)
	}

	// piper ends its WebSockets when it is retired, and can count them.
	piper interface {
		webSockets() (int, error)
	}

	// socketCounter can tell where its WebSockets go. It names an app's server by
	// "host:port" or by the path of its Unix socket.
	socketCounter interface {
		WebSocketsTo() (map[string]int, error)
	}
	// purger stores answers, and forgets those that are meant, or has them grow stale.
	// It returns how many there were, and what a person should know of it.
	purger interface {
		purge(ctx context.Context, what site.Purge) (purged, error)
	}

	// lingerer has workers from before a reload, which only finish their requests.
	lingerer interface{ OldWorkers() int }

	// leaver has to be made ready for retire while it is still the only one that takes
	// connections; stays undoes that.
	leaver interface {
		leaving(ctx context.Context) error
		stays()
	}

	// recorder tells of requests a moment after they have been answered, unless it is to
	// catch up.
	recorder interface{ CatchUp() }

	// publisher is reached under a name that another server may have taken over, and can
	// take the name back.
	publisher interface{ Republish() error }

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

// purged is what a server has to say of a purge.
type purged struct {
	count     int
	note      string // what a person should know; "" for nothing
	forgotten bool   // although they were to grow stale
}
