package generation

import (
	"context"
	"net"
	"net/netip"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// resolveTime bounds the look-up of localhost.
const resolveTime = 10 * time.Second

// Load reads a site, with values that are given for its variables. The
// diagnostics may hold warnings where the error is nil; the error is a *Refused
// with all diagnostics otherwise.
func Load(ctx context.Context, path string, given []config.Given) (*config.Loaded, config.Diagnostics, error) {
	return Read(ctx, config.NewReader(path, given))
}

// Read loads what a reader reads.
func Read(ctx context.Context, reader *config.Reader) (*config.Loaded, config.Diagnostics, error) {
	loaded, diagnostics := reader.Load()
	found := &config.Findings{Loaded: loaded, All: diagnostics}
	if err := found.Refusal(); err != nil {
		return loaded, found.All, err
	}
	settleLocalhost(ctx, loaded.Edge)
	return loaded, found.All, found.Refusal()
}

// settleLocalhost replaces the name by an address where the machine does not know
// it as the tiers have to.
func settleLocalhost(ctx context.Context, edge *site.Edge) {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	known := ""
	for i := range edge.Sites {
		for j := range edge.Sites[i].Backends {
			servers := edge.Sites[i].Backends[j].Servers
			for k := range servers {
				if servers[k].Host != "localhost" {
					continue
				}
				if known == "" {
					known = localhost(ctx)
				}
				servers[k].Host = known
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
