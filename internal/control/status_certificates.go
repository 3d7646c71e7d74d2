package control

import (
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/api"
	"edgegen/internal/certificate"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// certificates tells about the certificates of all sites; orders tells how those of
// authorities are doing.
func certificates(g *generation.Generation, orders func() map[string]acme.Status) (all []api.CertificateStatus) {
	if len(g.Pairs) == 0 {
		return nil
	}
	known := orders()
	for i := range g.Loaded.Edge.Sites {
		s, leaf := &g.Loaded.Edge.Sites[i], soonest(g.Pairs[i])
		c := api.CertificateStatus{Site: s.Host, Names: leaf.DNSNames, Source: sourceOf(&s.TLS), Issuer: leaf.Issuer.CommonName,
			NotAfter: leaf.NotAfter, DaysLeft: api.Days(time.Until(leaf.NotAfter))}
		if o, ok := known[s.Host]; ok && s.TLS.ACME {
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
