package generation

import (
	"bytes"
	"crypto/tls"
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
)

// renewBefore is how long before its end a self-signed certificate is not used
// again; as long as its authority renews it before.
const renewBefore = 30 * 24 * time.Hour

// certificates returns the certificate of each site, in the order of the sites; none
// where nobody ends TLS. Where an authority is to give one and has not, it is
// self-signed. Those come from an authority in the state directory, which is made
// when the first is needed. Was is the generation that is served; it may be nil.
func certificates(loaded *config.Loaded, stateDir string, was *Generation) ([]certificate.Pair, error) {
	if loaded.Edge.Plain() {
		return nil, nil
	}
	var authority *certificate.Authority
	authorityDir, given := statedir.AuthorityDir(stateDir), acme.Store{Dir: statedir.ACMEDir(stateDir)}
	pairs := make([]certificate.Pair, len(loaded.Edge.Sites))
	for i := range loaded.Edge.Sites {
		s := &loaded.Edge.Sites[i]
		var err error
		if s.TLS.Given() {
			var ok bool
			if pairs[i], ok = loaded.Pair(s.TLS); !ok {
				return nil, fmt.Errorf("the certificate of %s was not loaded", s.Host)
			}
			continue
		}
		if s.TLS.ACME {
			if pair, ok := given.Pair(loaded.Edge.ACME.Directory, s.Names(), time.Now()); ok {
				pairs[i] = pair
				continue
			}
		}
		if pair, ok := was.selfSigned(s); ok {
			pairs[i] = pair
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
		if pairs[i], err = authority.Issue(s.Names()); err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// selfSigned returns the certificate that a site has already from the local
// authority.
func (g *Generation) selfSigned(s *site.Site) (certificate.Pair, bool) {
	if g == nil || len(g.Pairs) == 0 {
		return certificate.Pair{}, false
	}
	for i := range g.Loaded.Edge.Sites {
		had := &g.Loaded.Edge.Sites[i]
		if had.Host == s.Host && had.TLS.SelfSigned && s.TLS.SelfSigned && slices.Equal(had.Names(), s.Names()) &&
			time.Until(g.Pairs[i].Leaf.NotAfter) > renewBefore {
			return g.Pairs[i], true
		}
	}
	return certificate.Pair{}, false
}

// served returns the pairs as TLS serves them. Those of before are used again.
func served(pairs []certificate.Pair, was *Generation) ([]tls.Certificate, error) {
	result := make([]tls.Certificate, len(pairs))
	before := make(map[string]int)
	if was != nil {
		for i, pair := range was.Pairs {
			before[string(pair.Leaf.Raw)] = i
		}
	}
	for i, pair := range pairs {
		if at, ok := before[string(pair.Leaf.Raw)]; ok && bytes.Equal(was.Pairs[at].PEM, pair.PEM) {
			result[i] = was.Certificates[at]
			continue
		}
		certificate, err := pair.TLS()
		if err != nil {
			return nil, fmt.Errorf("use a certificate: %w", err)
		}
		result[i] = certificate
	}
	return result, nil
}

// refuseExpired keeps a good certificate in use where the one that is to follow
// it has expired. A start serves it, with a warning: better that than nothing.
func (g *Generation) refuseExpired(next *Generation, found *config.Findings) {
	if len(g.Pairs) == 0 || len(next.Pairs) == 0 {
		return
	}
	serving := make(map[string]certificate.Pair)
	for i := range g.Loaded.Edge.Sites {
		serving[g.Loaded.Edge.Sites[i].Host] = g.Pairs[i]
	}
	for i := range next.Loaded.Edge.Sites {
		s := &next.Loaded.Edge.Sites[i]
		leaf := next.Pairs[i].Leaf
		before, had := serving[s.Host]
		if time.Now().Before(leaf.NotAfter) || had && before.Leaf.Equal(leaf) {
			continue
		}
		found.All = append(found.All, found.Loaded.Diagnose(s.TLS.Source, config.Error,
			fmt.Sprintf("the certificate of %s expired on %s", s.Host, leaf.NotAfter.UTC().Format(time.DateOnly)),
			"renew it; until then the one of before goes on being served"))
	}
}
