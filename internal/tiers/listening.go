package tiers

import (
	"slices"

	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// listening lists the addresses of a tier.
func listening(g *generation.Generation, layout render.Layout, role string) []string {
	addresses := []string{}
	public := g.Public.HTTPS
	switch {
	case role == site.CacheTier, role == site.WebTier && g.Loaded.Edge.PlainByTLS():
		public = nil
	case role == site.TLSTier && g.Loaded.Edge.PlainByTLS() && !g.Loaded.Edge.Plain():
		public = slices.Concat(g.Public.HTTPS, g.Public.HTTP)
	case role == site.WebTier, g.Loaded.Edge.Plain():
		public = g.Public.HTTP
	}
	if role == site.TLSTier {
		public = slices.Concat(public, g.Public.QUIC)
	}
	for _, l := range public {
		addresses = append(addresses, l.String())
	}
	if role == site.WebTier && (g.Native(site.WebTier) || g.Native(site.CacheTier)) {
		addresses = append(addresses, "unix:"+layout.WebSocket())
	}
	if role == site.CacheTier && (g.Native(site.CacheTier) || g.Native(site.TLSTier)) {
		inner := layout.CacheSocket()
		if g.Fronted() {
			inner = layout.FrontSocket()
		}
		addresses = append(addresses, "unix:"+inner)
	}
	if role == site.CacheTier && !g.Loaded.Edge.Plain() && (g.Native(site.CacheTier) || g.Native(site.WebTier)) {
		addresses = append(addresses, "unix:"+layout.PlainSocket())
	}
	return addresses
}
