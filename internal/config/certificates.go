package config

import (
	"fmt"
	"slices"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// certificates reads the pairs of a site: each is good, and clients can choose
// between them. They stand in the model in the order in which they are preferred.
func (b *block) certificates(tls *site.TLS, chain, key *argument) {
	chains, haveChains := b.pemFiles(chain)
	keys, haveKeys := b.pemFiles(key)
	if !haveChains || !haveKeys {
		return
	}
	if len(chains) != len(keys) {
		b.errorAt(b.placeOf(key), "name one key for each certificate, in the same order", "%s names %d, and %s %d", chain.name, len(chains), key.name, len(keys))
		return
	}
	var pairs []sitePair
	for i := range chains {
		files := pairFiles{chains[i].path, keys[i].path}
		pair, err := b.pair(files)
		if err != nil {
			b.certificateError(err, named{chain, chains[i].written}, named{key, keys[i].written})
			continue
		}
		b.use(files, pair)
		b.checkPair(pair, chains[i].written)
		pairs = append(pairs, sitePair{files, chains[i].written, pair})
	}
	slices.SortStableFunc(pairs, func(x, y sitePair) int { return certificate.Compare(x.pair, y.pair) })
	for i, p := range pairs {
		if i > 0 && certificate.Compare(p.pair, pairs[i-1].pair) == 0 {
			b.errorAt(p.written.place, "keep one for each kind of key: clients choose by that", "certificate %q has a key of the same kind as %q, %s", p.written.text, pairs[i-1].written.text, p.pair.KeyKind())
		}
		tls.Certificates, tls.Keys = append(tls.Certificates, p.certificate), append(tls.Keys, p.key)
	}
}

// sitePair is a pair with its files, and how the first is written.
type sitePair struct {
	pairFiles
	written located
	pair    certificate.Pair
}

// checkPair warns of a certificate that clients will not believe.
func (b *block) checkPair(pair certificate.Pair, written located) {
	b.checkDates(pair, written)
	for _, name := range b.around.model.(*siteDraft).names {
		if pair.Leaf.VerifyHostname(name.text) != nil {
			b.warnAt(name.place, fmt.Sprintf("browsers will refuse it: the certificate is for %s", covered(pair)),
				"certificate %q does not cover %s", written.text, name.text)
		}
	}
	if ended := pair.EndedAuthority(b.now()); ended != nil {
		b.warnAt(written.place, "put the newer one of that authority in its place: who needs it refuses the certificate",
			"certificate %q stands before that of %q, which expired on %s", written.text, certificate.NameOf(ended.Subject), ended.NotAfter.UTC().Format(time.DateOnly))
	}
	if unknown := pair.Unknown(); unknown != "" {
		b.warnAt(written.place, "append the certificate of that one, unless it is a root that all clients have been given",
			"certificate %q is signed by %q, which is neither in the file nor an authority that this machine knows", written.text, unknown)
	}
}

func (b *block) checkDates(pair certificate.Pair, file located) {
	begin, end := pair.Leaf.NotBefore.UTC().Format(time.DateOnly), pair.Leaf.NotAfter.UTC().Format(time.DateOnly)
	switch validityOf(pair, b.now()) {
	case expired:
		b.warnAt(file.place, "browsers will refuse it: renew it", "certificate %q expired on %s", file.text, end)
	case notYetValid:
		b.warnAt(file.place, "browsers will refuse it until then", "certificate %q is not valid before %s", file.text, begin)
	case endsSoon:
		b.warnAt(file.place, "renew it", "certificate %q expires on %s", file.text, end)
	}
}

// covered lists whom a certificate is for.
func covered(pair certificate.Pair) string {
	var names []string
	names = append(names, pair.Leaf.DNSNames...)
	for _, ip := range pair.Leaf.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no host"
	case len(names) > 4:
		return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
	}
	return oneOf(names)
}
