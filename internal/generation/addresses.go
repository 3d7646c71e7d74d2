package generation

import (
	"fmt"
	"net/netip"
	"slices"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/site"
)

// judgeAddresses tells of names that are addresses where no client is shown their
// certificate: clients name no address in the handshake (RFC 6066, 3), and are shown
// that of the default site, or else of the first one.
func judgeAddresses(loaded *config.Loaded, found *config.Findings) {
	edge := loaded.Edge
	if edge.Plain() || len(edge.Sites) == 0 {
		return
	}
	const remedy = "write this site before all others, or default = true in it"
	shown := &edge.Sites[edge.First]
	for i := range edge.Sites {
		s := &edge.Sites[i]
		for _, name := range s.Names() {
			if _, err := netip.ParseAddr(name); err != nil || i == edge.First || covers(loaded, shown, name) {
				continue
			}
			if s.TLS.ACME && name == s.Host {
				found.Add(s.Source, config.Error, fmt.Sprintf("no client would be shown a certificate that an authority gives for %s: who asks for an address names no site in the handshake, and is shown that of %s", name, shown.Host), remedy)
				continue
			}
			found.Add(s.Source, config.Warning, fmt.Sprintf("who asks for %s is shown the certificate of %s: nobody names an address in the handshake", name, shown.Host), remedy)
		}
	}
}

// covers reports whether the files of a site have a certificate for a name.
func covers(loaded *config.Loaded, s *site.Site, name string) bool {
	pairs, ok := loaded.Pairs(s.TLS)
	return ok && slices.ContainsFunc(pairs, func(p certificate.Pair) bool { return p.Leaf.VerifyHostname(name) == nil })
}
