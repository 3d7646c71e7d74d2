package cluster

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"edgegen/internal/backends"
	"edgegen/internal/site"
	"edgegen/internal/wait"
)

// Meet looks members up and asks each of them once, so that this edge has heard of what was
// purged while it was not running before it answers anybody. Nobody is waited for longer
// than a moment.
func (c *Cluster) Meet(ctx context.Context, resolver backends.Resolver) {
	if c == nil {
		return
	}
	v := c.view.Load()
	if v == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Patient/2)
	defer cancel()
	for _, m := range v.of.Members {
		if m.Named() {
			c.find(ctx, v.of, m, resolver)
		}
	}
	for !c.heard() && wait.For(ctx, heardEvery) {
	}
	if v = c.view.Load(); v != nil { // with those that were found
		c.round(ctx, slices.DeleteFunc(slices.Clone(v.members), func(m *member) bool { return isHere(m.Text, v.of.Listen) }))
	}
}

// heardEvery is the pause between two looks whether a cluster has told of its Services.
const heardEvery = 5 * time.Millisecond

// heard reports whether of each Service it is known what pods it has, or why that is not
// known.
func (c *Cluster) heard() bool {
	for _, f := range c.Found() {
		if f.Members == 0 && f.Problem == "" {
			return false
		}
	}
	return true
}

// isHere reports whether a member is most likely this edge, which does not answer yet.
func isHere(name string, listen []site.Listener) bool {
	at, err := netip.ParseAddrPort(name)
	own, _ := net.InterfaceAddrs() // without them, the edge waits for itself for a moment
	return err == nil && slices.ContainsFunc(listen, func(l site.Listener) bool { return l.Address.Port() == at.Port() }) &&
		(at.Addr().IsLoopback() || slices.ContainsFunc(own, func(a net.Addr) bool {
			network, ok := a.(*net.IPNet)
			return ok && network.IP.Equal(at.Addr().AsSlice())
		}))
}
