package generation

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/engines"
	"edgegen/internal/site"
)

// Selection is what the command line says about engines: it overrides the
// site's engine block. The zero value leaves the site's choice.
type Selection struct {
	Native bool // every tier native: --engine native
	Roles  map[string]site.Engine
	// Yields has Roles give way where a tier is bound to a daemon.
	Yields bool
	// Templates are the daemons that have templates of one's own.
	Templates []site.Engine
}

// ParseSelection reads the value of --engine: auto, native, builtin, or a list
// such as "tls=builtin,cache=varnish".
func ParseSelection(text string) (Selection, error) {
	switch text {
	case "":
		return Selection{}, nil
	case "native":
		return Selection{Native: true}, nil
	case "auto", "builtin":
		selection := Selection{Roles: make(map[string]site.Engine)}
		for _, role := range site.Tiers() {
			selection.Roles[role] = site.Engine(text)
		}
		return selection, nil
	}
	selection := Selection{Roles: make(map[string]site.Engine)}
	for _, part := range strings.Split(text, ",") {
		role, name, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !slices.Contains(site.Tiers(), role) {
			return Selection{}, fmt.Errorf("%q names no tier: write auto, native, builtin, or a list such as tls=stunnel,cache=varnish,web=nginx", part)
		}
		choices := engines.Choices(role)
		if role == site.CacheTier {
			choices = append(choices, site.Off)
		}
		if !slices.Contains(choices, site.Engine(name)) {
			return Selection{}, fmt.Errorf("%q cannot serve the %s tier: write %s", name, role, engines.Either(choices))
		}
		selection.Roles[role] = site.Engine(name)
	}
	return selection, nil
}

// LeaveOut makes of an edge one that leaves out the cache, where the command line does.
// That nobody ends TLS is the site's to say: its listeners are others then.
func (s Selection) LeaveOut(edge *site.Edge) {
	if s.Roles[site.CacheTier] == site.Off {
		edge.Engine.Cache = site.Off
	}
}

// Wanted is the engine that the command line or else the site asks for, and
// which of them does. LeaveOut comes first.
func (s Selection) Wanted(edge *site.Edge, role string) (engine site.Engine, reason string) {
	engine, reason = s.asked(edge, role)
	if role == site.WebTier && engine == site.Auto {
		if tls, _ := s.asked(edge, site.TLSTier); engines.Joins(tls, site.TLSTier) {
			return tls, "it ends TLS too"
		}
	}
	if b := s.bond(edge, role); b.Daemon != "" && (engine == site.Auto || s.Yields) {
		return b.Daemon, "there is " + b.Why
	}
	return engine, reason
}

func (s Selection) asked(edge *site.Edge, role string) (engine site.Engine, reason string) {
	if s.Roles[role] == site.Off {
		return site.Off, "--engine leaves it out"
	}
	if edge.Engine.Of(role) == site.Off {
		return site.Off, "the site leaves it out"
	}
	if s.Native {
		return engines.For(role)[0], "--engine native asks for it"
	}
	if override, ok := s.Roles[role]; ok {
		return override, "--engine asks for it"
	}
	return edge.Engine.Of(role), "the site asks for it"
}
