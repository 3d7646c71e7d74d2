package generation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"edgegen/internal/config"
	"edgegen/internal/engines"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// Chosen is the engine of one tier.
type Chosen struct {
	Role   string
	Engine site.Engine // a native one, Builtin or Off
	Daemon native.Daemon
	Reason string // why this engine
	// Besides are tiers that the same process serves, from the inside out.
	Besides []string
	Bond    Bond // nobody can stand in for it where it has one
}

// choose decides about every tier: auto takes the daemon where it is installed
// and can do what the site asks of it, else the builtin tier. A daemon that is
// asked for by name has to be there.
//
// A daemon that serves in was, the generation before, goes on if it can do what the site
// asks; was may be nil.
func choose(ctx context.Context, edge *site.Edge, selection Selection, was *Generation, found *config.Findings) (map[string]Chosen, error) {
	selection.LeaveOut(edge)
	result := make(map[string]Chosen)
	var missing []error
	for _, role := range site.Tiers() {
		if c, ok := was.keeps(edge, role, selection); ok {
			result[role] = c
			continue
		}
		c, err := selection.Choose(ctx, edge, role, found)
		if err != nil {
			missing = append(missing, fmt.Errorf("%s tier: %w", role, err))
		}
		result[role] = c
	}
	Together(edge, result, found)
	if err := found.Refusal(); err != nil {
		return nil, err
	}
	return result, errors.Join(missing...)
}

// Together settles what concerns several tiers. A daemon that serves two of them is one
// process, and one that ends TLS besides has to serve the tier that it is for.
func Together(edge *site.Edge, chosen map[string]Chosen, found *config.Findings) {
	web, tls := chosen[site.WebTier], chosen[site.TLSTier].Engine
	joins := engines.Joins(tls, site.TLSTier)
	web.Besides = nil
	if joins && web.Engine == tls {
		web.Besides = []string{site.TLSTier}
	}
	chosen[site.WebTier] = web
	if !joins || web.Engine == tls {
		return
	}
	at := edge.Engine.WebSource
	if at == (site.Source{}) {
		at = edge.Engine.TLSSource
	}
	found.Add(at, config.Error,
		fmt.Sprintf("%s can be the tls tier only if it is the web tier too, and that is %s", tls, web.Engine), fmt.Sprintf("leave out web, or write web = %q", tls))
}

// keeps returns the daemon that serves a tier, where it may go on.
func (g *Generation) keeps(edge *site.Edge, role string, selection Selection) (Chosen, bool) {
	if g == nil || !g.Native(role) {
		return Chosen{}, false
	}
	going := g.Engines[role]
	wanted, _ := selection.Wanted(edge, role)
	going.Bond = selection.bond(edge, role)
	if wanted != site.Auto && wanted != going.Engine {
		return Chosen{}, false
	}
	daemon, _ := engines.Named(going.Engine)
	problem, _ := daemon.Cannot(edge, role)
	return going, problem == ""
}

// Choose decides about one tier. Where none of its daemons can serve, the reason
// is that of the one that is preferred.
func (s Selection) Choose(ctx context.Context, edge *site.Edge, role string, found *config.Findings) (Chosen, error) {
	wanted, reason := s.Wanted(edge, role)
	b := s.bond(edge, role)
	if b.breaks(role, wanted, found) {
		return Chosen{Role: role, Engine: wanted, Reason: reason}, nil
	}
	if b.Daemon != "" {
		return s.bound(ctx, b, edge, role, reason, found)
	}
	builtin := Chosen{Role: role, Engine: site.Builtin, Reason: reason}
	switch wanted {
	case site.Builtin, site.Off:
		builtin.Engine = wanted
		return builtin, nil
	case site.Auto:
		builtin.Reason = ""
		for _, name := range engines.For(role) {
			c, why := take(ctx, name, edge, role)
			if why == nil || ctx.Err() != nil {
				return c, why
			}
			if builtin.Reason == "" {
				builtin.Reason = why.Error()
			}
		}
		return builtin, nil
	}
	if refused(edge, role, wanted, b, found) {
		return builtin, nil
	}
	daemon, err := find(ctx, wanted)
	return Chosen{Role: role, Engine: wanted, Daemon: daemon, Reason: reason}, err
}

func find(ctx context.Context, name site.Engine) (native.Daemon, error) {
	return native.Find(ctx, name, native.Directories(os.Getenv("PATH")))
}

// refused tells what a daemon that is asked for by name cannot do of what the site asks.
func refused(edge *site.Edge, role string, wanted site.Engine, b Bond, found *config.Findings) bool {
	daemon, _ := engines.Named(wanted)
	problem, at := daemon.Cannot(edge, role)
	if problem == "" {
		return false
	}
	remedy := fmt.Sprintf("change that, or let the builtin tier serve: %s = \"builtin\"", role)
	if b.Daemon != "" {
		remedy = fmt.Sprintf("change that, or take the %s out", b.Why)
	}
	found.Add(at, config.Error, problem, remedy)
	return true
}

// judge tells what the engines that the site names cannot do, whatever daemons the
// machine has.
func (s Selection) judge(edge *site.Edge, found *config.Findings) {
	named := map[string]Chosen{}
	for _, role := range site.Tiers() {
		wanted, _ := s.Wanted(edge, role)
		if b := s.bond(edge, role); !b.breaks(role, wanted, found) && engines.IsDaemon(wanted) {
			refused(edge, role, wanted, b, found)
		}
		named[role] = Chosen{Role: role, Engine: wanted}
	}
	Together(edge, named, found)
}

// take has a daemon serve a tier, or says why it cannot.
func take(ctx context.Context, name site.Engine, edge *site.Edge, role string) (Chosen, error) {
	row, _ := engines.Named(name)
	if problem, _ := row.Cannot(edge, role); problem != "" {
		return Chosen{}, errors.New(problem)
	}
	daemon, err := find(ctx, name)
	if err == nil && row.Compiles {
		err = lacksCompiler(daemon)
	}
	return Chosen{Role: role, Engine: name, Daemon: daemon, Reason: "installed"}, err
}

// lacksCompiler says why an installed daemon cannot do its work without a compiler.
func lacksCompiler(daemon native.Daemon) error {
	_, err := native.FindCompiler(daemon.Path)
	if !errors.Is(err, exec.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("varnishd cannot compile VCL: %w", err)
}
