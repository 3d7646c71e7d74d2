package generation

import (
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/site"
)

// R1: a certificate that no client accepts does not follow a good one of the same site,
// and is in nobody's way where there is none.
func TestR1InvalidCertificate(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	pair := func(serial int64, begin, end time.Duration) certificate.Pair {
		leaf := &x509.Certificate{Raw: []byte{byte(serial)}, SerialNumber: big.NewInt(serial), NotBefore: now.Add(begin), NotAfter: now.Add(end)}
		return certificate.Pair{Leaf: leaf}
	}
	good, other, ended, old, future := pair(1, -day, day), pair(2, -day, day), pair(3, -2*day, -day), pair(4, -3*day, -2*day), pair(5, day, 2*day)
	of := func(pairs map[string][]certificate.Pair) *Generation {
		g := &Generation{Loaded: &config.Loaded{Edge: &site.Edge{}}}
		for _, host := range []string{"a.test", "b.test"} {
			if pairs[host] != nil {
				g.Loaded.Edge.Sites = append(g.Loaded.Edge.Sites, site.Site{Host: host, Aliases: []string{"www." + host}})
				g.Pairs = append(g.Pairs, pairs[host])
			}
		}
		return g
	}
	type pairs = map[string][]certificate.Pair
	for _, c := range []struct {
		name      string
		was, next pairs
		says      string
	}{
		{"a good one follows", pairs{"a.test": {good}}, pairs{"a.test": {other}}, ""},
		{"an expired one follows a good one", pairs{"a.test": {good}}, pairs{"a.test": {ended}}, "the certificate of a.test expired on 2026-11-29"},
		{"one of the future follows a good one", pairs{"a.test": {good}}, pairs{"a.test": {future}}, "is not valid before 2026-12-01 12:00:00"},
		{"an expired one stands beside a good one", pairs{"a.test": {good}}, pairs{"a.test": {good, ended}}, "expired"},
		{"it has expired while it was served", pairs{"a.test": {ended}, "b.test": {good}}, pairs{"a.test": {ended}, "b.test": {other}}, ""},
		{"one of two has", pairs{"a.test": {good, ended}}, pairs{"a.test": {other, ended}}, ""},
		{"an expired one follows another", pairs{"a.test": {ended}}, pairs{"a.test": {old}}, ""},
		{"a site comes with an expired one", pairs{"a.test": {good}}, pairs{"a.test": {good}, "b.test": {ended}}, ""},
		{"a site takes another's that has expired", pairs{"a.test": {good}, "b.test": {ended}}, pairs{"a.test": {ended}, "b.test": {ended}}, "the certificate of a.test expired"},
		{"nobody ended TLS", nil, pairs{"a.test": {ended}}, ""},
		{"nobody ends TLS", pairs{"a.test": {good}}, nil, ""},
	} {
		next := of(c.next)
		found := &config.Findings{Loaded: next.Loaded}
		of(c.was).refuseInvalid(next, now, found)
		said := ""
		for _, d := range found.All {
			said += d.Summary
		}
		if !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s: %q, want %q", c.name, said, c.says)
		}
	}
}
