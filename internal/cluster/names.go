package cluster

import (
	"context"
	"net"
	"slices"
	"strconv"
	"time"

	"edgegen/internal/backends"
	"edgegen/internal/site"
)

// lookupTime bounds the looking up of one name.
const lookupTime = 10 * time.Second

// lookUp asks for the addresses of names as long as they are members. Where a name has no
// answer, the last one stays, and it is asked for again soon.
func (c *Cluster) lookUp(ctx context.Context, of *site.Cluster, resolver backends.Resolver) {
	const soon = time.Second
	pause := soon
	for {
		failed := false
		for _, m := range of.Members {
			if m.Named() {
				failed = !c.find(ctx, of, m, resolver) || failed
			}
		}
		if pause = min(2*pause, of.Resolve); !failed {
			pause = of.Resolve
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// find looks one name up.
func (c *Cluster) find(ctx context.Context, of *site.Cluster, m site.Member, resolver backends.Resolver) bool {
	asking, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	found, err := resolver.LookupNetIP(asking, "ip", m.Host)
	if err != nil || len(found) == 0 {
		if ctx.Err() == nil {
			c.options.Log.Warn("the members of the cluster are not found by their name; those known stay", "name", m.Host, "error", err)
		}
		return false
	}
	var addresses []string
	for _, a := range found {
		addresses = append(addresses, net.JoinHostPort(a.Unmap().String(), strconv.Itoa(int(m.Port))))
	}
	slices.Sort(addresses)
	c.moved(of, m.String(), slices.Compact(addresses))
	return true
}

// moved takes the addresses of a name into the view.
func (c *Cluster) moved(of *site.Cluster, name string, addresses []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.view.Load()
	if old == nil || old.of != of || slices.Equal(old.found[name], addresses) {
		return
	}
	next := *old
	next.found = map[string][]string{}
	for n, a := range old.found {
		next.found[n] = a
	}
	next.found[name] = addresses
	next.members = next.list(old)
	c.view.Store(&next)
	for _, m := range old.members {
		if !slices.Contains(next.members, m) {
			m.close()
			c.options.Log.Info("a member of the cluster is no longer found by its name", "member", m.Text)
		}
	}
}
