package generation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// resolveTime bounds the look-up of all names of a site.
const resolveTime = 10 * time.Second

// Load reads a site, with values that are given for its variables, and resolves
// the names of its backends to addresses. The
// diagnostics may hold warnings where the error is nil; the error is a *Refused
// with all diagnostics otherwise.
func Load(ctx context.Context, path string, given []config.Given) (*config.Loaded, config.Diagnostics, error) {
	return Resolved(ctx, config.NewReader(path, given))
}

// Resolved loads what a reader reads and resolves the names in it.
func Resolved(ctx context.Context, reader *config.Reader) (*config.Loaded, config.Diagnostics, error) {
	loaded, diagnostics := reader.Load()
	found := &config.Findings{Loaded: loaded, All: diagnostics}
	if err := found.Refusal(); err != nil {
		return loaded, found.All, err
	}
	resolve(ctx, loaded.Edge, found)
	return loaded, found.All, found.Refusal()
}

// resolve replaces names by addresses. It is done once, here, because varnishd
// refuses a name with several addresses and nginx one with none.
func resolve(ctx context.Context, edge *site.Edge, found *config.Findings) {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	for i := range edge.Sites {
		for j := range edge.Sites[i].Backends {
			servers := edge.Sites[i].Backends[j].Servers
			for k := range servers {
				address, err := addressOf(ctx, servers[k].Host)
				if err != nil {
					found.All = append(found.All, found.Loaded.Diagnose(servers[k].Source, config.Error,
						fmt.Sprintf("the name %q cannot be resolved: %v", servers[k].Host, err),
						"check the name, or write an IP address"))
					continue
				}
				servers[k].Host = address
			}
		}
	}
}

// localhost is the name, whose two addresses each tier tries, or an address
// where the machine does not know it as varnishd has to: by one address of a
// family at most.
func localhost(ctx context.Context) string {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", "localhost")
	families := make(map[bool]netip.Addr)
	for _, address := range addresses {
		address = address.Unmap()
		if known, twice := families[address.Is4()]; twice && known != address {
			return "127.0.0.1"
		}
		families[address.Is4()] = address
	}
	if err != nil {
		return "127.0.0.1"
	}
	return "localhost"
}

// addressOf returns the address of a host, an IPv4 one where there is a choice;
// "localhost" stays as it is.
func addressOf(ctx context.Context, host string) (string, error) {
	if host == "" {
		return "", nil
	}
	if host == "localhost" {
		return localhost(ctx), nil
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.String(), nil
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
			return "", errors.New(dns.Err)
		}
		return "", err
	}
	for i := range addresses {
		addresses[i] = addresses[i].Unmap()
	}
	slices.SortFunc(addresses, netip.Addr.Compare) // IPv4 comes first
	return addresses[0].String(), nil
}
