package generation

import (
	"context"
	"time"

	"edgegen/internal/backends"
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

// NeedsRelay reports whether a daemon asks for backends that are looked after.
func (g *Generation) NeedsRelay() bool {
	return (g.Native(RoleWeb) || g.Native(RoleCache)) && len(g.Backends.IDs()) > 0
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
