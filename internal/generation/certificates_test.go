package generation

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/test/party"
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

// C1: where an authority has not given a certificate for the names that a site has now,
// one goes on being served that was given for others.
func TestC1OtherNames(t *testing.T) {
	g := &given{store: acme.Store{Dir: t.TempDir()}, now: time.Now()}
	keep := func(directory, file string, serial int64, life time.Duration, host string) {
		made := (*party.Party)(nil).Signs(t, serial, func(c *x509.Certificate) {
			c.DNSNames, c.NotBefore, c.NotAfter = []string{host}, g.now.Add(-2*time.Hour), g.now.Add(life)
		})
		key, err := x509.MarshalPKCS8PrivateKey(made.Key)
		if err != nil {
			t.Fatal(err)
		}
		text := append([]byte(made.Chain), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
		if err := os.MkdirAll(filepath.Join(g.store.Dir, directory), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(g.store.Dir, directory, file+".pem"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep("one", "aa", 1, time.Hour, "a.test")
	keep("one", "ab", 2, 2*time.Hour, "a.test")
	keep("one", "ac", 3, -time.Hour, "b.test")
	keep("other", "ad", 4, time.Hour, "*.c.test")
	keep("other", "ae", 5, time.Hour, "c.test")
	for _, c := range []struct {
		names  []string
		serial int64 // 0 for none
	}{
		{[]string{"a.test", "www.a.test"}, 2},
		{[]string{"www.a.test", "a.test"}, 0},
		{[]string{"b.test"}, 0},
		{[]string{"c.test", "*.c.test"}, 5},
		{[]string{"x.c.test", "*.c.test"}, 4},
	} {
		pair, ok := g.pair("https://one.test/dir", c.names)
		if ok != (c.serial != 0) || ok && pair.Leaf.SerialNumber.Int64() != c.serial {
			t.Errorf("%q: %v %v, want %d", c.names, ok, pair, c.serial)
		}
	}
}

// R4: certificates of the local authority are followed by others a month before they
// end; those of others are not its to renew.
func TestR4LocalEnds(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		issuer string
		left   time.Duration
		want   bool
	}{
		{"edgegen local authority 3f", renewBefore + time.Hour, false},
		{"edgegen local authority 3f", renewBefore - time.Hour, true},
		{"edgegen local authority 3f", -time.Hour, true},
		{"Another Authority", time.Hour, false},
	} {
		leaf := &x509.Certificate{Issuer: pkix.Name{CommonName: c.issuer}, NotAfter: now.Add(c.left)}
		g := &Generation{Pairs: [][]certificate.Pair{{{Leaf: leaf}}}}
		if got := g.LocalEnds(now); got != c.want {
			t.Errorf("%s, %v left: %v", c.issuer, c.left, got)
		}
	}
}
