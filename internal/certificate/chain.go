package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"
)

// chainOf puts the certificates of a file into the order in which TLS shows them:
// the leaf, who signed it, and so on. What belongs to no part of that is left out.
func chainOf(leaf *x509.Certificate, all []*x509.Certificate) (chain, rest []*x509.Certificate) {
	chain = []*x509.Certificate{leaf}
	rest = slices.DeleteFunc(slices.Clone(all), leaf.Equal)
	for last := leaf; !isRoot(last); {
		at := slices.IndexFunc(rest, func(c *x509.Certificate) bool { return signed(c, last) })
		if at < 0 {
			break
		}
		last = rest[at]
		chain = append(chain, last)
		rest = slices.DeleteFunc(rest, last.Equal)
	}
	return chain, rest
}

func signed(by, c *x509.Certificate) bool {
	return string(by.RawSubject) == string(c.RawIssuer) && c.CheckSignatureFrom(by) == nil
}

// isRoot reports whether a certificate is signed with its own key, as far as its
// names say: only those of an authority that has changed its key do not.
func isRoot(c *x509.Certificate) bool {
	return string(c.RawSubject) == string(c.RawIssuer) &&
		(len(c.AuthorityKeyId) == 0 || string(c.AuthorityKeyId) == string(c.SubjectKeyId))
}

// complete refuses a chain with a gap that no client can fill. One that ends with
// what a root has signed has none: clients have that, or do not trust it.
func complete(file string, chain, rest []*x509.Certificate) error {
	end := chain[len(chain)-1]
	between := slices.ContainsFunc(rest, func(c *x509.Certificate) bool { return c.IsCA })
	if isRoot(end) || !between && !(len(chain) == 1 && isPublic(end)) || knowsRoot(chain) {
		return nil
	}
	whose := "it"
	if len(chain) > 1 {
		whose = fmt.Sprintf("that of %q", NameOf(end.Subject))
	}
	e := &Error{Kind: Incomplete, File: file,
		Detail: fmt.Sprintf("lacks the certificate of %q, which has signed %s", NameOf(end.Issuer), whose),
		Remedy: "append it: browsers refuse a chain with a gap"}
	if len(end.IssuingCertificateURL) > 0 {
		e.Remedy = fmt.Sprintf("append it, in PEM: it is at %s", end.IssuingCertificateURL[0])
	}
	return e
}

// Unknown names who signed the end of the chain, where that is neither in the file
// nor among the authorities of this machine; else "". It may be a root of the
// owner's own, or a gap.
func (p Pair) Unknown() string {
	end := p.Chain[len(p.Chain)-1]
	if isRoot(end) || knowsRoot(p.Chain) || !hasRoots() {
		return ""
	}
	return NameOf(end.Issuer)
}

// EndedAuthority is the first of those between the site's own certificate and the root
// that has ended; nil where none has.
func (p Pair) EndedAuthority(now time.Time) *x509.Certificate {
	at := slices.IndexFunc(p.Chain[1:], func(c *x509.Certificate) bool { return !isRoot(c) && !now.Before(c.NotAfter) })
	if at < 0 {
		return nil
	}
	return p.Chain[1+at]
}

// isPublic reports whether an authority signed the certificate that browsers come
// with. Such a one never does so with its root, and says which of the rules of the
// CA/Browser Forum (2.23.140.1) it has kept.
func isPublic(leaf *x509.Certificate) bool {
	forum := asn1.ObjectIdentifier{2, 23, 140, 1}
	return slices.ContainsFunc(leaf.PolicyIdentifiers, func(policy asn1.ObjectIdentifier) bool {
		return len(policy) > len(forum) && policy[:len(forum)].Equal(forum)
	})
}

// knowsRoot reports whether the chain ends with what an authority of this machine
// has signed. Its dates are not judged.
func knowsRoot(chain []*x509.Certificate) bool {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	end := chain[len(chain)-1]
	_, err := end.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: end.NotBefore.Add(time.Second),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

// hasRoots reports whether this machine has authorities at all: a small container
// may have none.
func hasRoots() bool {
	pool, err := x509.SystemCertPool()
	return err == nil && !pool.Equal(x509.NewCertPool())
}

// NameOf is what a person calls the subject of a certificate.
func NameOf(name pkix.Name) string {
	if name.CommonName != "" {
		return name.CommonName
	}
	return name.String()
}
