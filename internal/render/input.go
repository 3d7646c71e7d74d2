package render

import (
	"slices"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Input has all that Render makes the files from.
type Input struct {
	Edge    *site.Edge // host names of backends already resolved to addresses
	Layout  Layout
	Version string // of edgegen, for the head of each file
	Origin  string // what the model was loaded from, for the head of each file
	// PEM holds certificate chains with their keys for each site, in the order of
	// Edge.Sites. A nil slice leaves the PEM files out.
	PEM [][][]byte
	// Tickets are session ticket keys, of TicketKey bytes, that several edges share. The
	// first encrypts new tickets. Nil leaves the keys to the daemon.
	Tickets [][]byte
	// Unserved lists the private files below roots, for each root that has any.
	Unserved []Unserved
	// Tiers names the engine of each tier. Only daemons have files. An empty name
	// stands for the daemon that the edge asks for, or else the preferred one.
	Tiers site.Engines
	// Templates replace edgegen's own of the same names; nil for none.
	Templates *Templates
	// Brotli is the path of nginx's module for Brotli; "" where it has none.
	Brotli string
	// InC says that varnishd accepts inline C in VCL.
	InC bool
	// Filters says that it also accepts filters for bodies in that C.
	Filters bool
	// Standby says that edgegen runs the daemons: it probes the TLS tier on a private
	// socket, leads the cache tier's names to varnishd's sockets while that is healthy,
	// serves on standby sockets what varnishd refuses, and prepares stunnel's working
	// directory. Without it the files are for daemons that are run by hand.
	Standby bool
}

// tiers returns the engine of each tier, with empty names replaced as Input.Tiers says.
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
