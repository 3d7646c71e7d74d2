package cluster

import (
	"context"
	"net/netip"

	"edgegen/internal/incluster"
	"edgegen/internal/site"
	"edgegen/internal/wait"
)

func serviceOf(m site.Member) incluster.Service {
	return incluster.Service{Namespace: m.Namespace, Name: m.Service, Port: incluster.MembersPort}
}

// follow has the pods of a Service be members as long as it is among what is written. Pods
// that come and go are told of at once.
func (c *Cluster) follow(ctx context.Context, of *site.Cluster, m site.Member) {
	for {
		err := serviceOf(m).Follow(ctx, c.options.Log, func(found []netip.AddrPort, err error) { c.told(of, m, found, err) })
		if ctx.Err() != nil {
			return
		}
		c.told(of, m, nil, err) // there is no cluster to ask, or not yet
		if !wait.For(ctx, of.Resolve) {
			return
		}
	}
}
