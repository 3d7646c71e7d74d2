package generation

import (
	"context"
	"path/filepath"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
)

// Preview is what an edge would make of a site, as far as nothing has to be opened
// or started for it.
type Preview struct {
	Loaded  *config.Loaded
	Engines site.Engines
	Private site.Private   // what is never served as a file
	Output  *render.Output // as Render makes it, for the tiers that daemons would serve
	Who     statedir.User  // whom files are read as
}

// Look makes a preview. The diagnostics may hold warnings where the error is nil.
func Look(ctx context.Context, path string, given []config.Given, selection Selection, layout render.Layout, stateDir, version string) (*Preview, config.Diagnostics, error) {
	loaded, diagnostics, err := Load(ctx, path, given)
	if err != nil {
		return nil, diagnostics, err
	}
	found := &config.Findings{Loaded: loaded, All: diagnostics}
	chosen, err := choose(ctx, loaded.Edge, selection, nil, found)
	if err != nil {
		return nil, found.All, err
	}
	p := &Preview{Loaded: loaded, Who: statedir.FindUser(loaded.Edge, found),
		Engines: site.Engines{TLS: chosen[site.TLSTier].Engine, Cache: chosen[site.CacheTier].Engine, Web: chosen[site.WebTier].Engine}}
	if err := found.Refusal(); err != nil {
		return nil, found.All, err
	}
	p.Private = privateOf(loaded, stateDir, filepath.Join(stateDir, "run"))
	hidden := unserved(loaded.Edge, privateOf(loaded, layout.Dir, layout.Run))
	p.Output, err = RenderFor(loaded, path, nil, render.Input{Edge: relayed(loaded.Edge, layout), Layout: layout, Tiers: p.Engines, Version: version, Brotli: chosen[site.WebTier].Daemon.Module(native.BrotliModule), Unserved: hidden})
	return p, found.All, err
}
