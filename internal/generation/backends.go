package generation

import (
	"context"
	"fmt"
	"time"

	"edgegen/internal/backends"
	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// namesTime bounds how long a start or a reload waits for the first answers about
// names.
const namesTime = 5 * time.Second

// prepared has the backends of an edge looked after.
func prepared(ctx context.Context, watch *backends.Watch, edge *site.Edge) (*backends.Plan, error) {
	ctx, cancel := context.WithTimeout(ctx, namesTime)
	defer cancel()
	return watch.Prepare(ctx, edge)
}

// NeedsRelay reports whether a daemon has to ask edgegen for something: for a backend
// that is looked after, for what an authority wants to know, for who may come in, for
// what has been purged softly, or for a purge that a client asks for.
func (g *Generation) NeedsRelay() bool {
	return (g.Native(site.WebTier) || g.Native(site.CacheTier)) && len(g.Backends.IDs()) > 0 || g.RelaysChallenges() || g.RelaysGates() || g.Native(site.CacheTier) && (g.Loaded.Edge.Purgeable() || g.Loaded.Edge.KeepsStale())
}

// RelaysGates reports whether a daemon asks who may come in.
func (g *Generation) RelaysGates() bool { return g.Native(site.CacheTier) && g.Loaded.Edge.Gated() }

// RelaysChallenges reports whether a daemon hears what authorities ask for.
func (g *Generation) RelaysChallenges() bool {
	return g.Native(site.WebTier) && g.Loaded.Edge.Challenged()
}

// warnByHand says what daemons that are run by hand lack: which backends they do not
// reach, where they let nobody in, and whether requests reach the web tier at all.
func warnByHand(loaded *config.Loaded, found *config.Findings) {
	if loaded.Edge.Uncached() {
		found.Add(loaded.Edge.Engine.Source, config.Warning,
			"with engine.cache off edgegen itself leads requests from tier to tier: the files alone lead them nowhere", "use edgegen up")
	}
	if c := loaded.Edge.Cluster; c != nil {
		found.Add(c.Source, config.Warning, "edgegen itself asks the members of a cluster: by the files alone the edge answers for itself", "run the edge by edgegen up")
	}
	for _, s := range loaded.Edge.Sites {
		for i := range s.Routes {
			if a := &s.Routes[i].Access; a.Gated() {
				found.Add(a.Source(), config.Warning,
					fmt.Sprintf("edgegen itself says who comes in to route %q: the files name a socket that a running edge has", s.Routes[i].Label()),
					"run the edge by edgegen up")
			}
		}
		for _, b := range s.Backends {
			if b.Watched() {
				remedy := "run the edge by edgegen up, or name addresses alone"
				switch {
				case b.FastCGI != nil:
					remedy = "run the edge by edgegen up"
				case b.Compressed:
					remedy = "run the edge by edgegen up, or leave compress out of its routes"
				}
				found.Add(b.Source, config.Warning,
					fmt.Sprintf("edgegen itself leads to the servers of backend %q: the files name a socket that a running edge has", b.Name),
					remedy)
			}
		}
	}
}

// relayed is the model as daemons see it: each backend that is looked after is one
// server, the relay's socket.
func relayed(edge *site.Edge, layout render.Layout) *site.Edge {
	next := *edge
	next.Sites = make([]site.Site, len(edge.Sites))
	for i, s := range edge.Sites {
		s.Backends = make([]site.Backend, len(s.Backends))
		for j, b := range edge.Sites[i].Backends {
			if b.Watched() {
				b.Servers = []site.Server{{Path: layout.RelaySocket(site.BackendID(s.Host, b.Name)), Weight: 1, Source: b.Servers[0].Source}}
			}
			s.Backends[j] = b
		}
		next.Sites[i] = s
	}
	return &next
}
