// Package render turns a site model into the files that the daemons read. It
// is pure: equal input gives equal bytes, and nothing is read, resolved or
// written. Install, in a file of its own, puts the result on disk.
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
	// Standby says that edgegen runs the daemons: it holds a private socket to
	// ask the TLS tier, publishes varnishd's sockets under the names of the cache
	// tier when it is well, takes on standby sockets what that tier refuses, and
	// makes stunnel's working directory.
	// Without it the files are for daemons that are run by hand.
	Standby bool
}

// Render makes a generation. The error is a *ValueError where a value of the
// HCL cannot be written in a daemon's language.
func Render(in Input) (*Output, error) {
	out := &Output{}
	common := header{Version: in.Version, Origin: in.Origin, Dir: in.Layout.Dir, templates: in.Templates, standby: in.Standby}
	in.Tiers = in.tiers()
	for _, daemon := range engines.Daemons() {
		if !in.serves(daemon.Name) {
			continue
		}
		rendered := Rendered{Engine: daemon.Name}
		if err := fillers()[daemon.Name](&rendered, in, common); err != nil {
			return nil, err
		}
		out.Daemons = append(out.Daemons, rendered)
	}
	return out, nil
}

// fillers has for each daemon what fills in its templates.
func fillers() map[site.Engine]func(*Rendered, Input, header) error {
	return map[site.Engine]func(*Rendered, Input, header) error{
		site.Stunnel: (*Rendered).stunnel, site.Varnish: (*Rendered).varnish, site.Nginx: (*Rendered).nginx}
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

func (r *Rendered) stunnel(in Input, common header) error {
	stunnel, err := common.fill("stunnel/stunnel.conf.tmpl", stunnelView(in, common))
	if err != nil {
		return err
	}
	r.Files = []File{stunnel.file("stunnel.conf")}
	r.Generation = nameOf(append([][]byte{stunnel.unplaced()}, r.withCertificates(in)...)...)
	return nil
}

// withCertificates adds the PEM files, and returns what is in them.
func (r *Rendered) withCertificates(in Input) (texts [][]byte) {
	for i, of := range in.PEM {
		for n, pem := range of {
			r.PEM = append(r.PEM, File{Name: pemName(&in.Edge.Sites[i], n), Data: pem, Mode: 0o600})
			texts = append(texts, pem)
		}
	}
	return append(texts, r.withTickets(in)...)
}
