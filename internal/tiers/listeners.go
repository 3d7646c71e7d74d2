package tiers

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"time"

	"edgegen/internal/generation"
	"edgegen/internal/native"
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

// probeTLS waits until every TLS listener serves the first site's certificate.
func probeTLS(ctx context.Context, g *generation.Generation) error {
	first := g.Loaded.Edge.First
	for _, listener := range g.Loaded.Edge.HTTPS {
		if err := native.ProbeTLS(ctx, generation.Reachable(listener), g.Loaded.Edge.Sites[first].Host, g.Pairs[first][0].Leaf, g.Loaded.Edge.Announces); err != nil {
			return err
		}
	}
	return nil
}

// renewedTime bounds the look at certificates.
const renewedTime = 10 * time.Second

// probeRenewed asks for the name of each site whose certificate is another one.
func probeRenewed(ctx context.Context, from, to *generation.Generation) error {
	ctx, cancel := context.WithTimeout(ctx, renewedTime)
	defer cancel()
	had := make(map[string][]byte)
	for i := range from.Loaded.Edge.Sites {
		had[from.Loaded.Edge.Sites[i].Host] = from.Pairs[i][0].Leaf.Raw
	}
	for i := range to.Loaded.Edge.Sites {
		host := to.Loaded.Edge.Sites[i].Host
		if bytes.Equal(had[host], to.Pairs[i][0].Leaf.Raw) {
			continue
		}
		if _, err := netip.ParseAddr(host); err == nil && i != to.Loaded.Edge.First {
			continue // clients do not name an address (RFC 6066, 3)
		}
		for _, listener := range to.Loaded.Edge.HTTPS {
			if err := native.ProbeTLS(ctx, generation.Reachable(listener), host, to.Pairs[i][0].Leaf, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
