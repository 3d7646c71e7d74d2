package site

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

// The engines that a tier can name; package engines says what each of them can do. Auto
// takes a daemon where one is installed, else Builtin. Off leaves the tier out: see
// Edge.Plain and Edge.Uncached.
const (
	Auto    Engine = "auto"
	Builtin Engine = "builtin"
	Off     Engine = "off"
	Stunnel Engine = "stunnel"
	Varnish Engine = "varnish"
	Nginx   Engine = "nginx"
)

// CanBeOff reports whether a site may leave the tier out.
func CanBeOff(tier string) bool { return tier == TLSTier || tier == CacheTier }

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
