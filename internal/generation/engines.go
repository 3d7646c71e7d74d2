package generation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// The tiers, in the order that a request passes them.
const (
	RoleTLS   = site.TLSTier
	RoleCache = site.CacheTier
	RoleWeb   = site.WebTier
)

// engine is a daemon that can serve tiers, as far as it is chosen. A row of engines,
// with a file of its own in native, render and control, and its name in site, is
// all that one is.
type engine struct {
	name site.Engine
	// unable says what the site asks of a tier that the engine cannot do, and
	// where; "" where there is nothing. It may be nil.
	unable func(edge *site.Edge) (problem string, at site.Source)
	// lacks says what an installed one lacks on this machine to do its work. It
	// may be nil.
	lacks func(native.Daemon) error
}

// engines lists them, in the order in which site.Daemons does.
func engines() []engine {
	return []engine{
		{name: site.Stunnel, unable: stunnelUnable},
		{name: site.Varnish, lacks: varnishLacks},
		{name: site.Nginx},
	}
}

// engineNamed is the row of an engine, which is none of Auto and Builtin.
func engineNamed(name site.Engine) engine {
	all := engines()
	return all[slices.IndexFunc(all, func(e engine) bool { return e.name == name })]
}

// Selection is what the command line says about engines: it overrides the
// site's engine block. The zero value leaves the site's choice.
type Selection struct {
	Native bool // every tier native: --engine native
	Roles  map[string]site.Engine
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
		for _, role := range Roles() {
			selection.Roles[role] = site.Engine(text)
		}
		return selection, nil
	}
	selection := Selection{Roles: make(map[string]site.Engine)}
	for _, part := range strings.Split(text, ",") {
		role, name, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !slices.Contains(Roles(), role) {
			return Selection{}, fmt.Errorf("%q names no tier: write auto, native, builtin, or a list such as tls=stunnel,cache=varnish,web=nginx", part)
		}
		if choices := site.Choices(role); !slices.Contains(choices, site.Engine(name)) {
			return Selection{}, fmt.Errorf("%q cannot serve the %s tier: write %s", name, role, oneOf(choices))
		}
		selection.Roles[role] = site.Engine(name)
	}
	return selection, nil
}

// oneOf lists engines as a person does.
func oneOf(engines []site.Engine) string {
	var names []string
	for _, e := range engines {
		names = append(names, string(e))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// Chosen is the engine of one tier.
type Chosen struct {
	Role   string
	Engine site.Engine // a native one, Builtin or Off
	Daemon native.Daemon
	Reason string // why this engine
}

// Roles lists the tiers from the outside in.
func Roles() []string { return site.Tiers() }

// choose decides about every tier: auto takes the daemon where it is installed
// and can do what the site asks of it, else the builtin tier. A daemon that is
// asked for by name has to be there.
//
// A daemon that serves already, by was, goes on where nothing speaks against it;
// was may be nil.
func choose(ctx context.Context, edge *site.Edge, selection Selection, was *Generation, found *config.Findings) (map[string]Chosen, error) {
	result := make(map[string]Chosen)
	var missing []error
	for _, role := range Roles() {
		wanted, reason := selection.Wanted(edge, role)
		if c, ok := was.keeps(edge, role, wanted); ok {
			result[role] = c
			continue
		}
		c, err := Choose(ctx, edge, role, wanted, reason, found)
		if err != nil {
			missing = append(missing, fmt.Errorf("%s tier: %w", role, err))
		}
		result[role] = c
	}
	if err := found.Refusal(); err != nil {
		return nil, err
	}
	return result, errors.Join(missing...)
}

// Wanted is the engine that the command line or else the site asks for, and
// which of them does. That a tier is left out is the site's to say.
func (s Selection) Wanted(edge *site.Edge, role string) (engine site.Engine, reason string) {
	if edge.Engine.Of(role) == site.Off {
		return site.Off, "the site leaves it out"
	}
	if s.Native {
		return site.DaemonsFor(role)[0], "--engine native asks for it"
	}
	if override, ok := s.Roles[role]; ok {
		return override, "--engine asks for it"
	}
	return edge.Engine.Of(role), "the site asks for it"
}

// keeps returns the daemon that serves a tier, where it may go on.
func (g *Generation) keeps(edge *site.Edge, role string, wanted site.Engine) (Chosen, bool) {
	if g == nil || !g.Native(role) {
		return Chosen{}, false
	}
	going := g.Engines[role]
	if wanted != site.Auto && wanted != going.Engine {
		return Chosen{}, false
	}
	problem, _ := engineNamed(going.Engine).cannot(edge)
	return going, problem == ""
}

// Choose decides about one tier. Where none of its daemons can serve, the reason
// is that of the one that is preferred.
func Choose(ctx context.Context, edge *site.Edge, role string, wanted site.Engine, reason string, found *config.Findings) (Chosen, error) {
	builtin := Chosen{Role: role, Engine: site.Builtin, Reason: reason}
	switch wanted {
	case site.Builtin, site.Off:
		builtin.Engine = wanted
		return builtin, nil
	case site.Auto:
		builtin.Reason = ""
		for _, name := range site.DaemonsFor(role) {
			c, why := engineNamed(name).take(ctx, edge, role)
			if why == nil || ctx.Err() != nil {
				return c, why
			}
			if builtin.Reason == "" {
				builtin.Reason = why.Error()
			}
		}
		return builtin, nil
	}
	if problem, at := engineNamed(wanted).cannot(edge); problem != "" {
		found.All = append(found.All, found.Loaded.Diagnose(at, config.Error, problem,
			fmt.Sprintf("change that, or let the builtin tier serve: %s = \"builtin\"", role)))
		return builtin, nil
	}
	daemon, err := native.Find(ctx, wanted, native.Directories(os.Getenv("PATH")))
	return Chosen{role, wanted, daemon, reason}, err
}

// take has the engine serve a tier, or says why it cannot.
func (e engine) take(ctx context.Context, edge *site.Edge, role string) (Chosen, error) {
	if problem, _ := e.cannot(edge); problem != "" {
		return Chosen{}, errors.New(problem)
	}
	daemon, err := native.Find(ctx, e.name, native.Directories(os.Getenv("PATH")))
	if err == nil && e.lacks != nil {
		err = e.lacks(daemon)
	}
	return Chosen{role, e.name, daemon, "installed"}, err
}

func (e engine) cannot(edge *site.Edge) (problem string, at site.Source) {
	if e.unable == nil {
		return "", site.Source{}
	}
	return e.unable(edge)
}

// stunnelUnable is about what comes before the client names the site.
func stunnelUnable(edge *site.Edge) (problem string, at site.Source) {
	if len(edge.Announced) > 0 {
		return "stunnel cannot take the PROXY headers that proxy_protocol asks for", edge.AnnouncedSource
	}
	first := edge.Sites[0]
	for _, s := range edge.Sites {
		if s.TLS.Clients.Asked() {
			return fmt.Sprintf("stunnel cannot tell whose certificate a client of %s has shown: its PROXY line names addresses alone", s.Host), s.TLS.Clients.Source
		}
		if s.TLS.Challenged() && len(edge.HTTP) == 0 {
			return fmt.Sprintf("stunnel cannot tell an authority in a handshake that %s leads here, and there is no http listener to tell it on", s.Host), s.TLS.Source
		}
	}
	for _, s := range edge.Sites[1:] {
		if s.TLS.MinVersion != first.TLS.MinVersion {
			return fmt.Sprintf("stunnel cannot hold min_version %q for %s and %q for %s on one listener",
				s.TLS.MinVersion, s.Host, first.TLS.MinVersion, first.Host), s.TLS.Source
		}
	}
	return "", site.Source{}
}

// varnishLacks is about the compiler that a varnishd calls.
func varnishLacks(daemon native.Daemon) error {
	_, err := native.FindCompiler(daemon.Path)
	if !errors.Is(err, exec.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("varnishd cannot compile VCL: %w", err)
}
