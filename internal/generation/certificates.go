package generation

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/vault"
)

// renewBefore is how long before its end a self-signed certificate is not used again.
const renewBefore = 30 * 24 * time.Hour

// certificates returns the certificates of each site, in the order of the sites; none
// where nobody ends TLS. Where an authority is to give one and has not, it is one that
// was given for other names of the site, or by another authority, or else
// self-signed. Where edges have a store in common, one that another edge has got comes
// before those. The local ones come from an authority in the state directory, which is made
// when the first is needed. Was is the generation that is served; it may be nil.
func certificates(ctx context.Context, loaded *config.Loaded, stateDir string, was *Generation) ([][]certificate.Pair, error) {
	if loaded.Edge.Plain() {
		return nil, nil
	}
	var authority *certificate.Authority
	authorityDir, given := statedir.AuthorityDir(stateDir), &given{store: acme.Store{Dir: statedir.ACMEDir(stateDir)}, now: time.Now()}
	if place := loaded.Edge.ACME.Store; place != "" {
		var err error
		if given.shared, err = vault.Open(place); err != nil {
			return nil, err
		}
		var cancel context.CancelFunc
		given.ctx, cancel = context.WithTimeout(ctx, takeTime)
		defer cancel()
	}
	pairs, had := make([][]certificate.Pair, len(loaded.Edge.Sites)), was.named()
	for i := range loaded.Edge.Sites {
		s := &loaded.Edge.Sites[i]
		var err error
		if s.TLS.Given() {
			var ok bool
			if pairs[i], ok = loaded.Pairs(s.TLS); !ok {
				return nil, fmt.Errorf("the certificate of %s was not loaded", s.Host)
			}
			continue
		}
		if s.TLS.ACME {
			if pair, ok := given.pair(loaded.Edge.ACME.Directory, s.CertificateNames()); ok {
				pairs[i] = []certificate.Pair{pair}
				continue
			}
		}
		if pair, ok := had.selfSigned(s); ok {
			pairs[i] = []certificate.Pair{pair}
			continue
		}
		if authority == nil {
			// The state directory around it is open to the daemons; only the
			// authority's own is not.
			if err := os.MkdirAll(filepath.Dir(authorityDir), 0o755); err != nil {
				return nil, fmt.Errorf("make the state directory: %w", err)
			}
			if authority, err = certificate.OpenAuthority(authorityDir); err != nil {
				return nil, err
			}
		}
		pair, err := authority.Issue(s.CertificateNames())
		if err != nil {
			return nil, err
		}
		pairs[i] = []certificate.Pair{pair}
	}
	return pairs, nil
}

// takeTime is how long a store that edges have in common may take to answer for all sites
// of which there is no certificate here.
const takeTime = 5 * time.Second

// given is what authorities have given.
type given struct {
	store acme.Store
	// shared is what edges have in common, which is asked until ctx ends; nil for none.
	shared vault.Vault
	ctx    context.Context
	now    time.Time
	read   bool               // whether all is there: to read it takes a while
	all    []certificate.Pair // for whatever names
}

// pair returns what an authority has given for the names. Where it has not yet, as for
// a site that has got another name, that is the one for most of them, whoever gave it:
// clients of the others are to notice nothing. The first name is always among them.
func (g *given) pair(directory string, names []string) (best certificate.Pair, ok bool) {
	if pair, ok := g.store.Pair(directory, names, g.now); ok {
		return pair, true
	}
	if g.shared != nil {
		if pair, ok := g.store.Take(g.ctx, g.shared, directory, names, g.now); ok {
			return pair, true
		}
	}
	if !g.read {
		g.all, g.read = g.store.Pairs(g.now), true
	}
	most := 0
	for _, pair := range g.all {
		covered := 0
		for _, name := range names {
			if pair.Leaf.VerifyHostname(name) == nil {
				covered++
			}
		}
		if pair.Leaf.VerifyHostname(names[0]) != nil || covered < most || covered == most && !pair.Leaf.NotAfter.After(best.Leaf.NotAfter) {
			continue
		}
		best, most = pair, covered
	}
	return best, most > 0
}

// named are the sites of a generation that ends TLS, by each of their names.
type named struct {
	of    *Generation
	sites map[string]int
}

// named is empty where there is no generation. Two sites never share a name.
func (g *Generation) named() named {
	n := named{of: g, sites: map[string]int{}}
	if g == nil {
		return n
	}
	for i := range g.Pairs {
		for _, name := range g.Loaded.Edge.Sites[i].Names() {
			n.sites[name] = i
		}
	}
	return n
}

// pairs are those of the site that a name leads to; none where there is none.
func (n named) pairs(name string) []certificate.Pair {
	if i, ok := n.sites[name]; ok {
		return n.of.Pairs[i]
	}
	return nil
}

// has reports whether a certificate is one of those of the site that a name leads to.
func (n named) has(name string, leaf *x509.Certificate) bool {
	return slices.ContainsFunc(n.pairs(name), func(p certificate.Pair) bool { return p.Leaf.Equal(leaf) })
}

// selfSigned returns the certificate that a site has already from the local
// authority.
func (n named) selfSigned(s *site.Site) (certificate.Pair, bool) {
	i, ok := n.sites[s.Host]
	if !ok {
		return certificate.Pair{}, false
	}
	had := &n.of.Loaded.Edge.Sites[i]
	if had.Host == s.Host && had.TLS.SelfSigned && s.TLS.SelfSigned && slices.Equal(had.Names(), s.Names()) &&
		time.Until(n.of.Pairs[i][0].Leaf.NotAfter) > renewBefore {
		return n.of.Pairs[i][0], true
	}
	return certificate.Pair{}, false
}

// served returns the pairs in the form in which TLS serves them. Pairs that are served
// already keep theirs, and sites that share one pair share that.
func served(pairs [][]certificate.Pair, was *Generation) ([][]tls.Certificate, error) {
	before := make(map[string]tls.Certificate)
	if was != nil {
		for i, of := range was.Pairs {
			for n, pair := range of {
				before[string(pair.PEM)] = was.Certificates[i][n]
			}
		}
	}
	result := make([][]tls.Certificate, len(pairs))
	for i, of := range pairs {
		for _, pair := range of {
			made, ok := before[string(pair.PEM)]
			if !ok {
				var err error
				if made, err = pair.TLS(); err != nil {
					return nil, fmt.Errorf("use a certificate: %w", err)
				}
				before[string(pair.PEM)] = made
			}
			result[i] = append(result[i], made)
		}
	}
	return result, nil
}

// refuseInvalid keeps a good certificate of a site in use where one that is to follow
// it has expired, or is not valid yet. A start serves such a one, with a warning: better
// that than nothing. So does a reload of a site that has nothing better already, which
// is not to be in the way of all others.
func (g *Generation) refuseInvalid(next *Generation, now time.Time, found *config.Findings) {
	if len(next.Pairs) == 0 {
		return
	}
	before := g.named()
	for i := range next.Loaded.Edge.Sites {
		s := &next.Loaded.Edge.Sites[i]
		had := before.pairs(s.Host)
		if !slices.ContainsFunc(had, func(p certificate.Pair) bool { return p.ValidAt(now) }) {
			continue
		}
		for _, pair := range next.Pairs[i] {
			if pair.ValidAt(now) || before.has(s.Host, pair.Leaf) {
				continue
			}
			what := "expired on " + pair.Leaf.NotAfter.UTC().Format(time.DateOnly)
			if now.Before(pair.Leaf.NotBefore) {
				what = "is not valid before " + pair.Leaf.NotBefore.UTC().Format(time.DateTime)
			}
			found.Add(s.TLS.Source, config.Error, fmt.Sprintf("the certificate of %s %s", s.Host, what),
				"put a valid one there; until then the one of before goes on being served")
		}
	}
}

// Has reports whether a certificate is one of those of the site that a name leads to.
func (g *Generation) Has(name string, leaf *x509.Certificate) bool { return g.named().has(name, leaf) }

// LocalEnds reports whether a certificate of the local authority is to be followed by
// another one.
func (g *Generation) LocalEnds(now time.Time) bool {
	return slices.ContainsFunc(slices.Concat(g.Pairs...), func(p certificate.Pair) bool {
		return p.IsLocal() && p.Leaf.NotAfter.Sub(now) <= renewBefore
	})
}
