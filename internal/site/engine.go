package site

import "slices"

// The tiers, by the names of the engine block's arguments.
const (
	TLSTier   = "tls"
	CacheTier = "cache"
	WebTier   = "web"
)

// Tiers lists the tiers, from the outside in.
func Tiers() []string { return []string{TLSTier, CacheTier, WebTier} }

// Engine names the program that serves a tier.
type Engine string

// The engines a tier can name. Auto takes a daemon where one is installed, else
// Builtin. Off leaves the tier out, which is the site's to say: see Edge.Plain and
// Edge.Uncached.
const (
	Auto    Engine = "auto"
	Builtin Engine = "builtin"
	Off     Engine = "off"
	Stunnel Engine = "stunnel"
	Varnish Engine = "varnish"
	Nginx   Engine = "nginx"
)

// Daemon is an engine that is a program of its own.
type Daemon struct {
	Engine Engine
	Tiers  []string // that it can serve
	// Besides are tiers that it can serve together with those, where it is named for
	// them: Auto never takes it.
	Besides []string
}

// Daemons lists them in the order of preference.
func Daemons() []Daemon {
	return []Daemon{
		{Engine: Stunnel, Tiers: []string{TLSTier}},
		{Engine: Varnish, Tiers: []string{CacheTier}},
		{Engine: Nginx, Tiers: []string{WebTier}, Besides: []string{TLSTier}},
	}
}

// DaemonsFor lists the daemons that Auto may take for a tier, the preferred one first.
func DaemonsFor(tier string) (engines []Engine) {
	for _, d := range Daemons() {
		if slices.Contains(d.Tiers, tier) {
			engines = append(engines, d.Engine)
		}
	}
	return engines
}

// Choices lists the engines that can serve a tier, and Auto.
func Choices(tier string) []Engine {
	choices := append([]Engine{Auto}, DaemonsFor(tier)...)
	for _, d := range Daemons() {
		if slices.Contains(d.Besides, tier) {
			choices = append(choices, d.Engine)
		}
	}
	return append(choices, Builtin)
}

// CanBeOff reports whether a site may leave the tier out.
func CanBeOff(tier string) bool { return tier == TLSTier || tier == CacheTier }

// IsDaemon reports whether the engine is a program of its own.
func (e Engine) IsDaemon() bool {
	return slices.ContainsFunc(Daemons(), func(d Daemon) bool { return d.Engine == e })
}

// Engines is the engine chosen for each tier.
type Engines struct {
	TLS, Cache, Web Engine
	Source          Source

	TLSSource, WebSource Source // of the two, where they are written
}

// Of is the engine of a tier.
func (e Engines) Of(tier string) Engine {
	switch tier {
	case TLSTier:
		return e.TLS
	case CacheTier:
		return e.Cache
	default:
		return e.Web
	}
}
