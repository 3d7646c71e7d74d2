package cluster

import (
	"context"
	"errors"
	"net/netip"
	"slices"
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
	if err == nil && len(found) == 0 {
		err = errors.New("the name has no address")
	}
	if ctx.Err() != nil {
		return false
	}
	var all []netip.AddrPort
	for _, a := range found {
		all = append(all, netip.AddrPortFrom(a.Unmap(), m.Port))
	}
	return c.told(of, m, all, err)
}

// told takes what was found by a name or a Service, or why nothing was: then those stay
// that are known. A problem is logged once, for as long as it is there.
func (c *Cluster) told(of *site.Cluster, m site.Member, found []netip.AddrPort, err error) bool {
	by, problem := m.String(), ""
	if err != nil {
		problem = err.Error()
	}
	c.mu.Lock()
	was := c.problems[by]
	if c.problems[by] = problem; problem == "" {
		delete(c.problems, by)
	}
	c.mu.Unlock()
	if err != nil {
		if problem != was {
			c.options.Log.Warn("cannot look up the members of the cluster; the known members stay", "by", by, "error", err)
		}
		return false
	}
	var addresses []string
	for _, a := range found {
		addresses = append(addresses, a.String())
	}
	slices.Sort(addresses)
	c.moved(of, by, slices.Compact(addresses))
	return true
}

// moved takes what was found by a name or a Service into the view.
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
			c.options.Log.Info("an address is no longer a member of the cluster", "by", name, "member", m.Text)
		}
	}
}
