package render

import (
	"slices"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Input is what the files are made from.
type Input struct {
	Edge    *site.Edge // host names of backends already resolved to addresses
	Layout  Layout
	Version string // of edgegen, for the head of each file
	Origin  string // what the model was loaded from, for the head of each file
	// PEM holds certificate chains with their keys for each site, in the order of
	// Edge.Sites. A nil slice leaves the PEM files out.
	PEM [][][]byte
	// Tickets are the keys, of TicketKey bytes, of session tickets that several edges have
	// in common; new ones are sealed with the first. Nil leaves them to the daemon.
	Tickets [][]byte
	// Unserved is what lies below roots and is private, for each root that has
	// such files.
	Unserved []Unserved
	// Tiers names the engine of each tier; those that are no daemon's have no
	// files. Where it names none, that is the one that the edge asks for, or else
	// the daemon that is preferred: files are for daemons.
	Tiers site.Engines
	// Templates stand in the place of those of the program that have their names; nil
	// for none.
	Templates *Templates
	// Brotli is the path of nginx's module for Brotli; "" where it has none.
	Brotli string
	// InC says that varnishd takes C within its VCL.
	InC bool
	// Filters says that it also takes filters for bodies there.
	Filters bool
	// Standby says that edgegen runs the daemons: it holds a private socket to
	// ask the TLS tier, publishes varnishd's sockets under the names of the cache
	// tier when it is well, takes on standby sockets what that tier refuses, and
	// makes stunnel's working directory.
	// Without it the files are for daemons that are run by hand.
	Standby bool
}

// tiers are the engines, each a daemon or none.
func (in Input) tiers() site.Engines {
	of := func(tier string) site.Engine {
		engine := in.Tiers.Of(tier)
		if in.Edge.Engine.Of(tier) == site.Off {
			return site.Off
		}
		if engine != "" {
			return engine
		}
		if asked := in.Edge.Engine.Of(tier); engines.IsDaemon(asked) {
			return asked
		}
		return engines.For(tier)[0]
	}
	return site.Engines{TLS: of(site.TLSTier), Cache: of(site.CacheTier), Web: of(site.WebTier)}
}

// serves reports whether an engine serves any tier.
func (in Input) serves(engine site.Engine) bool {
	return slices.ContainsFunc(site.Tiers(), func(tier string) bool { return in.Tiers.Of(tier) == engine })
}
