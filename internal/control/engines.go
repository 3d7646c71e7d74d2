package control

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	daemon native.Daemon
	reason string // why this engine
}

// choose finds a daemon for every tier. The builtin tiers are not there yet, so
// a tier without a daemon is an error that names the package to install.
func choose(ctx context.Context, edge *site.Edge, selection Selection, found *findings) (map[string]chosen, error) {
	result := make(map[string]chosen)
	var missing []error
	for role, wanted := range map[string]site.Engine{RoleTLS: edge.Engine.TLS, RoleCache: edge.Engine.Cache, RoleWeb: edge.Engine.Web} {
		reason := "the site asks for it"
		if override, ok := selection.Roles[role]; ok {
			wanted, reason = override, "--engine asks for it"
		}
		if selection.Native {
			wanted, reason = daemonOf(role), "--engine native asks for it"
		}
		if wanted == site.Builtin {
			found.all = append(found.all, found.loaded.Diagnose(edge.Engine.Source, config.Error,
				fmt.Sprintf("the builtin %s tier does not exist yet", role),
				fmt.Sprintf("write %s = %q, or leave it to the daemon that is installed", role, daemonOf(role))))
			continue
		}
		if wanted == site.Auto {
			reason = "installed"
		}
		daemon, err := native.Find(ctx, daemonOf(role), native.Directories(os.Getenv("PATH")))
		if err != nil {
			missing = append(missing, fmt.Errorf("%s tier: %w", role, err))
			continue
		}
		result[role] = chosen{role: role, daemon: daemon, reason: reason}
	}
	if err := found.refusal(); err != nil {
		return nil, err
	}
	return result, errors.Join(sorted(missing)...)
}
