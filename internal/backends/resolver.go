package backends

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// Resolver finds the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

const (
	lookupTime  = 10 * time.Second // for all attempts to look a name up
	lookupsMost = 64               // at a time
)

// ResolverOf asks the name servers, in turn where one does not answer; without any,
// those of the machine. Names in /etc/hosts are found there first.
func ResolverOf(servers []netip.AddrPort) Resolver {
	if len(servers) == 0 {
		return net.DefaultResolver
	}
	var turn atomic.Uint32
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		server := servers[int(turn.Add(1)-1)%len(servers)]
		return new(net.Dialer).DialContext(ctx, network, server.String())
	}}
}

// lookUp returns the addresses of a name in order, each once.
func lookUp(ctx context.Context, resolver Resolver, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, plainly(err)
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	slices.SortFunc(found, netip.Addr.Compare)
	if found = slices.Compact(found); len(found) == 0 {
		return nil, errors.New("it has no address")
	}
	return found, nil
}

// plainly leaves out of an error what its reader knows.
func plainly(err error) error {
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		switch {
		case dns.IsNotFound:
			return errors.New("there is no such name")
		case dns.IsTimeout:
			return errors.New("no name server has answered in time")
		}
		return errors.New(dns.Err)
	}
	return err
}
