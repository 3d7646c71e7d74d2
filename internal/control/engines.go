package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// The tiers, in the order that a request passes them.
const (
	RoleTLS   = "tls"
	RoleCache = "cache"
	RoleWeb   = "web"
)

// daemonOf is the native engine of a role.
func daemonOf(role string) site.Engine {
	switch role {
	case RoleTLS:
		return site.Stunnel
	case RoleCache:
		return site.Varnish
	default:
		return site.Nginx
	}
}

// engineOf is what the site says about a tier's engine.
func engineOf(edge *site.Edge, role string) site.Engine {
	switch role {
	case RoleTLS:
		return edge.Engine.TLS
	case RoleCache:
		return edge.Engine.Cache
	default:
		return edge.Engine.Web
	}
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
		engine := site.Engine(text)
		return Selection{Roles: map[string]site.Engine{RoleTLS: engine, RoleCache: engine, RoleWeb: engine}}, nil
	}
	selection := Selection{Roles: make(map[string]site.Engine)}
	for _, part := range strings.Split(text, ",") {
		role, engine, _ := strings.Cut(strings.TrimSpace(part), "=")
		if role != RoleTLS && role != RoleCache && role != RoleWeb {
			return Selection{}, fmt.Errorf("%q names no tier: write auto, native, builtin, or a list such as tls=stunnel,cache=varnish,web=nginx", part)
		}
		switch e := site.Engine(engine); e {
		case site.Auto, site.Builtin, daemonOf(role):
			selection.Roles[role] = e
		default:
			return Selection{}, fmt.Errorf("%q cannot serve the %s tier: write auto, builtin or %s", engine, role, daemonOf(role))
		}
	}
	return selection, nil
}

// chosen is the engine of one tier.
type chosen struct {
	role   string
	engine site.Engine // a native one or Builtin
	daemon native.Daemon
	reason string // why this engine
}

// roles lists the tiers from the outside in.
func roles() []string { return []string{RoleTLS, RoleCache, RoleWeb} }

// choose decides about every tier: auto takes the daemon where it is installed
// and can do what the site asks of it, else the builtin tier. A daemon that is
// asked for by name has to be there.
//
// A daemon that serves already, by was, goes on where nothing speaks against it;
// was may be nil.
func choose(ctx context.Context, edge *site.Edge, selection Selection, was *generation, found *findings) (map[string]chosen, error) {
	result := make(map[string]chosen)
	var missing []error
	for _, role := range roles() {
		wanted, reason := selection.wanted(edge, role)
		if c, ok := was.keeps(edge, role, wanted); ok {
			result[role] = c
			continue
		}
		c, err := chooseOne(ctx, edge, role, wanted, reason, found)
		if err != nil {
			missing = append(missing, fmt.Errorf("%s tier: %w", role, err))
		}
		result[role] = c
	}
	if err := found.refusal(); err != nil {
		return nil, err
	}
	return result, errors.Join(missing...)
}

// wanted is the engine that the command line or else the site asks for, and
// which of them does.
func (s Selection) wanted(edge *site.Edge, role string) (engine site.Engine, reason string) {
	if s.Native {
		return daemonOf(role), "--engine native asks for it"
	}
	if override, ok := s.Roles[role]; ok {
		return override, "--engine asks for it"
	}
	return engineOf(edge, role), "the site asks for it"
}

// keeps returns the daemon that serves a tier, where it may go on.
func (g *generation) keeps(edge *site.Edge, role string, wanted site.Engine) (chosen, bool) {
	if g == nil || !g.native(role) || wanted == site.Builtin {
		return chosen{}, false
	}
	problem, _ := unable(edge, role)
	return g.engines[role], problem == ""
}

func chooseOne(ctx context.Context, edge *site.Edge, role string, wanted site.Engine, reason string, found *findings) (chosen, error) {
	if wanted == site.Builtin {
		return chosen{role: role, engine: site.Builtin, reason: reason}, nil
	}
	problem, at := unable(edge, role)
	if problem != "" && wanted != site.Auto {
		found.all = append(found.all, found.loaded.Diagnose(at, config.Error, problem,
			fmt.Sprintf("change that, or let the builtin tier serve: %s = \"builtin\"", role)))
	}
	if problem != "" {
		return chosen{role: role, engine: site.Builtin, reason: problem}, nil
	}
	daemon, err := native.Find(ctx, daemonOf(role), native.Directories(os.Getenv("PATH")))
	if err == nil && wanted == site.Auto && role == RoleCache {
		if _, missing := native.FindCompiler(daemon.Path); errors.Is(missing, exec.ErrNotFound) {
			return chosen{role: role, engine: site.Builtin, reason: fmt.Sprintf("varnishd cannot compile VCL: %v", missing)}, nil
		}
	}
	switch {
	case err == nil && wanted == site.Auto:
		return chosen{role, daemonOf(role), daemon, "installed"}, nil
	case err == nil:
		return chosen{role, daemonOf(role), daemon, reason}, nil
	case wanted == site.Auto && ctx.Err() == nil:
		return chosen{role: role, engine: site.Builtin, reason: err.Error()}, nil
	}
	return chosen{}, err
}

// unable says what the site asks of a tier that its daemon cannot do, and
// where; "" where there is nothing.
func unable(edge *site.Edge, role string) (problem string, at site.Source) {
	if role != RoleTLS {
		return "", site.Source{}
	}
	first := edge.Sites[0]
	for _, s := range edge.Sites[1:] {
		if s.TLS.MinVersion != first.TLS.MinVersion {
			// The lowest version is agreed upon before the client names the site.
			return fmt.Sprintf("stunnel cannot hold min_version %q for %s and %q for %s on one listener",
				s.TLS.MinVersion, s.Host, first.TLS.MinVersion, first.Host), s.TLS.Source
		}
	}
	return "", site.Source{}
}
