package edge

import (
	"net/netip"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/explain"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// Explainer explains the home's site as if the builtin tiers served it, whichever
// engines do: what it foretells holds for all. The addresses are those of the TLS
// listeners, of which the site may name the port 0.
func (h *Home) Explainer(t testing.TB, https ...string) *explain.Explainer {
	t.Helper()
	look := func(engines string) (*generation.Preview, error) {
		selection, err := generation.ParseSelection(engines)
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := generation.Look(t.Context(), h.File, nil, selection, render.Layout{Dir: h.State, Run: h.State}, h.State, "test")
		return p, err
	}
	p, err := look("builtin")
	if config.IsRefused(err) { // raw text is for a daemon
		if p, err = look(h.Argument()); err == nil {
			p.Engines = site.Engines{TLS: site.Builtin, Cache: site.Builtin, Web: site.Builtin}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range https {
		if i < len(p.Loaded.Edge.HTTPS) && at != "" {
			p.Loaded.Edge.HTTPS[i].Address = netip.MustParseAddrPort(at)
		}
	}
	in := explain.Site{Edge: p.Loaded.Edge, Engines: p.Engines, Private: p.Private, Root: h.Dir}
	if who := p.Who.Daemons; who != nil {
		if in.Rights, err = static.NewRights(who.UID, who.GID, who.Groups); err != nil {
			t.Fatal(err)
		}
	}
	explainer, err := explain.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return explainer
}
