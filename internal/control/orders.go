package control

import (
	"edgegen/internal/acme"
	"edgegen/internal/certificate"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/vault"
)

// unauthorize gives up the orders that are under way.
func (e *Edge) unauthorize() {
	if e.Authority != nil {
		e.Authority.Close()
	}
}

// order asks authorities for the certificates that the sites of a generation want.
func (e *Edge) order(g *generation.Generation) {
	if e.Authority == nil {
		return
	}
	edge := g.Loaded.Edge
	if edge.Plain() {
		e.Authority.Use(acme.Authority{}, nil)
		return
	}
	from := acme.Authority{Directory: edge.ACME.Directory, Email: edge.ACME.Email, KeyID: edge.ACME.KeyID, HMACKey: edge.ACME.HMACKey, Profile: edge.ACME.Profile}
	orders := ordersOf(g)
	if len(orders) > 0 && edge.ACME.CARoot != "" {
		roots, err := certificate.LoadRoots(edge.ACME.CARoot)
		if err != nil {
			// The file could be read when the site was read. The machine's own
			// authorities must not take its place.
			e.options.Log.Error("cannot read acme.ca_root", "error", err)
		}
		from.Roots, from.RootsSum = roots.Pool, edge.ACME.CASum
	}
	if len(orders) > 0 && edge.ACME.Store != "" {
		var err error
		if from.Vault, err = vault.Open(edge.ACME.Store); err != nil {
			// It could be opened for the generation. An edge of its own is not what
			// was asked for.
			e.options.Log.Error("cannot open the store of the certificates (acme.store)", "error", err)
			orders = nil
		}
	}
	e.Authority.Use(from, orders)
}

// ordersOf are those for the sites of a generation.
func ordersOf(g *generation.Generation) (orders []acme.Order) {
	edge := g.Loaded.Edge
	byHTTP := len(edge.HTTP) > 0
	// The authority may reach another edge of the store, whose tls tier may be a daemon.
	byTLS := !g.Native(site.TLSTier) && (edge.ACME.Store == "" || !byHTTP)
	for i := range edge.Sites {
		if s := &edge.Sites[i]; s.TLS.ACME && !edge.Plain() {
			orders = append(orders, acme.Order{Site: s.Host, Names: s.Names(), ByHTTP: byHTTP, ByTLS: byTLS,
				ByDNS: acme.Hook{Command: s.TLS.DNSHook, Dir: s.TLS.DNSHookDir}, Resolvers: edge.Resolvers})
		}
	}
	return orders
}
