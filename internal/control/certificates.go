package control

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/api"
	"edgegen/internal/certificate"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
	"edgegen/internal/vault"
)

// authorize makes ready to ask authorities for certificates.
func (e *Edge) authorize() {
	store := acme.Store{Dir: statedir.ACMEDir(e.state.dir)}
	if err := store.Tidy(); err != nil {
		e.options.Log.Warn("remove what was begun of certificates", "error", err)
	}
	e.Authority = acme.New(acme.Options{
		Store:     store,
		Log:       e.options.Log.With("from", "acme"),
		UserAgent: "edgegen/" + e.options.Version,
		Serve:     e.serveRenewed,
		Run:       e.runHook,
	})
}

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
			e.options.Log.Error("read what the authority is verified with", "error", err)
		}
		from.Roots, from.RootsSum = roots.Pool, edge.ACME.CASum
	}
	if len(orders) > 0 && edge.ACME.Store != "" {
		var err error
		if from.Vault, err = vault.Open(edge.ACME.Store); err != nil {
			// It could be opened for the generation. An edge of its own is not what
			// was asked for.
			e.options.Log.Error("open the store of the certificates", "error", err)
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

// runHook calls a command of the site, as the user that edgegen runs as: the command
// needs the secret with which it writes into the DNS, which the apps are not to know.
func (e *Edge) runHook(ctx context.Context, hook acme.Hook, arguments ...string) error {
	const name = "dns_hook"
	tell := func(line []byte) { e.Message(name, line) }
	exit, err := supervise.Once(ctx, supervise.Process{Name: name, Path: hook.Command[0], Args: slices.Concat(hook.Command[1:], arguments),
		Dir: hook.Dir, StopTimeout: time.Second, Stdout: tell, Stderr: tell}, e.state.instance)
	if err != nil {
		return err
	}
	if exit.Code != 0 {
		return fmt.Errorf("it %s", exit)
	}
	return nil
}

// shownTime bounds how long a handshake may take to show a renewed certificate.
const shownTime = 10 * time.Second

// serveRenewed returns nil when handshakes on every listener show the certificate of
// the site, which is in the store.
func (e *Edge) serveRenewed(ctx context.Context, host string, pair certificate.Pair) error {
	served := func() bool { return e.Serving().Has(host, pair.Leaf) }
	if err := e.renewals.serve(ctx, renewal{time.Until(pair.Leaf.NotAfter), served}, e.changeServed); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, shownTime)
	defer cancel()
	edge := e.Serving().Loaded.Edge
	for _, listener := range edge.HTTPS {
		if err := native.ProbeTLS(ctx, generation.Reachable(listener), host, pair.Leaf, edge.Announces); err != nil {
			return fmt.Errorf("no handshake shows it: %w", err)
		}
	}
	return nil
}

// certificatesOf tells about the certificates that edgegen gets itself, and about others
// that end soon. There is nothing to tell about the rest.
func (e *Edge) certificatesOf(g *generation.Generation) []api.CertificateStatus {
	return slices.DeleteFunc(e.allCertificates(g), func(c api.CertificateStatus) bool {
		return c.Source != "acme" && time.Until(c.NotAfter) > certificate.Notice
	})
}

// allCertificates tells about the certificates of all sites.
func (e *Edge) allCertificates(g *generation.Generation) (all []api.CertificateStatus) {
	if len(g.Pairs) == 0 {
		return nil
	}
	orders := e.Authority.Status()
	for i := range g.Loaded.Edge.Sites {
		s, leaf := &g.Loaded.Edge.Sites[i], soonest(g.Pairs[i])
		c := api.CertificateStatus{Site: s.Host, Names: leaf.DNSNames, Source: sourceOf(&s.TLS), Issuer: leaf.Issuer.CommonName,
			NotAfter: leaf.NotAfter, DaysLeft: api.Days(time.Until(leaf.NotAfter))}
		if o, ok := orders[s.Host]; ok && s.TLS.ACME {
			c.Store = g.Loaded.Edge.ACME.Store
			c.Waiting, c.Problem = o.Renewal.IsZero() && g.Pairs[i][0].IsLocal(), o.Failure
			c.Renewal, c.Next = some(o.Renewal), some(o.Next)
		}
		all = append(all, c)
	}
	return all
}

// soonest is the certificate of a site that ends first.
func soonest(pairs []certificate.Pair) *x509.Certificate {
	return slices.MinFunc(pairs, func(a, b certificate.Pair) int { return a.Leaf.NotAfter.Compare(b.Leaf.NotAfter) }).Leaf
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// sourceOf says where a certificate comes from.
func sourceOf(tls *site.TLS) string {
	switch {
	case tls.ACME:
		return "acme"
	case tls.SelfSigned:
		return "self-signed"
	}
	return "file"
}

// clientsTold is what the status says about the sites that ask clients for a certificate.
// A list of revoked certificates may be large, so it is read once for each generation.
// The zero value has read none. It may be used from any goroutine.
type clientsTold struct {
	mu  sync.Mutex
	of  *generation.Generation
	all []api.ClientsStatus // not changed, but replaced
}

func (c *clientsTold) about(g *generation.Generation) []api.ClientsStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of != g {
		c.of, c.all = g, clientsOf(g)
	}
	return c.all
}

func clientsOf(g *generation.Generation) (all []api.ClientsStatus) {
	for i := range g.Loaded.Edge.Sites {
		s := &g.Loaded.Edge.Sites[i]
		if !s.TLS.Clients.Asked() {
			continue
		}
		told := api.ClientsStatus{Site: s.Host, Required: s.TLS.Clients.Required}
		if clients, err := certificate.NewClients(certificate.ClientFiles{Authorities: s.TLS.Clients.Authorities, Revoked: s.TLS.Clients.Revoked}); err == nil { // it fails for no site that is served
			var ends time.Time
			told.What, ends = clients.Ends()
			told.Ends = some(ends)
		}
		all = append(all, told)
	}
	return all
}
