package certificate

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Clients verifies the certificates of clients. It is immutable, and may be used from
// any goroutine.
type Clients struct {
	files       ClientFiles
	authorities []*x509.Certificate
	roots       *x509.CertPool         // those of them that no other one has revoked
	lists       []*x509.RevocationList // nil where nobody looks for any
	// revoked are the serial numbers on a list, each in bytes.
	revoked map[*x509.RevocationList]map[string]bool
	by      map[string]*x509.RevocationList // of the authorities, by their certificates
}

// NewClients makes one of what ReadClients has read.
func NewClients(files ClientFiles) (*Clients, error) {
	c := &Clients{files: files, roots: x509.NewCertPool(), revoked: map[*x509.RevocationList]map[string]bool{}, by: map[string]*x509.RevocationList{}}
	whole, _ := blocks([]byte(files.Revoked))
	for _, block := range whole {
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("a revocation list: %w", err)
		}
		serials := make(map[string]bool, len(list.RevokedCertificateEntries))
		for _, entry := range list.RevokedCertificateEntries {
			serials[string(entry.SerialNumber.Bytes())] = true
		}
		list.RevokedCertificateEntries = nil
		c.lists, c.revoked[list] = append(c.lists, list), serials
	}
	return c, c.addRoots()
}

// addRoots takes in the authorities but those that another one has revoked.
func (c *Clients) addRoots() error {
	whole, _ := blocks([]byte(c.files.Authorities))
	for _, block := range whole {
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("the certificate of an authority: %w", err)
		}
		c.authorities = append(c.authorities, root)
		c.by[string(root.Raw)] = listOf(root, c.lists)
	}
	for _, root := range c.authorities {
		revoked := func(other *x509.Certificate) bool {
			return c.revoked[c.by[string(other.Raw)]][string(root.SerialNumber.Bytes())] && !isRoot(root) && signed(other, root)
		}
		if !slices.ContainsFunc(c.authorities, revoked) {
			c.roots.AddCert(root)
		}
	}
	return nil
}

// Files is what it was made of.
func (c *Clients) Files() ClientFiles { return c.files }

// Authorities are those that a client may be told, so that it can choose.
func (c *Clients) Authorities() *x509.CertPool { return c.roots }

// longestChain is more than any authority asks of its clients.
const longestChain = 10

// Verify reports whether the first certificate of a chain is a client's, by one of the
// authorities, and not revoked. It fails where a list that is looked for is missing or
// too old. Until is when the answer may be another.
func (c *Clients) Verify(chain []*x509.Certificate, now time.Time) (until time.Time, err error) {
	const again = time.Minute // an error may be one of the clock's
	if len(chain) == 0 || len(chain) > longestChain {
		return now.Add(again), fmt.Errorf("%d certificates", len(chain))
	}
	between := x509.NewCertPool()
	for _, one := range chain[1:] {
		between.AddCert(one)
	}
	ways, err := chain[0].Verify(x509.VerifyOptions{Roots: c.roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	for _, way := range ways {
		if until, err = c.unrevoked(way, now); err == nil {
			return until, nil
		}
	}
	return now.Add(again), err
}

// unrevoked looks at the lists along a chain that is valid otherwise.
func (c *Clients) unrevoked(way []*x509.Certificate, now time.Time) (until time.Time, err error) {
	until = way[0].NotAfter
	for i, one := range way {
		until = earlier(until, one.NotAfter)
		if i == len(way)-1 || c.files.Revoked == "" {
			continue
		}
		list := c.listOf(way[i+1])
		switch {
		case list == nil:
			return until, fmt.Errorf("no list says what %s has revoked", NameOf(way[i+1].Subject))
		case now.Before(list.ThisUpdate), ended(list, now):
			return until, fmt.Errorf("the list of what %s has revoked is not of today", NameOf(way[i+1].Subject))
		case c.revoked[list][string(one.SerialNumber.Bytes())]:
			return until, errRevoked
		}
		if !list.NextUpdate.IsZero() {
			until = earlier(until, list.NextUpdate)
		}
	}
	return until, nil
}

var errRevoked = errors.New("it is revoked")

// listOf is that of an authority in the files, or of one that the client has shown.
func (c *Clients) listOf(issuer *x509.Certificate) *x509.RevocationList {
	if list := c.by[string(issuer.Raw)]; list != nil {
		return list
	}
	return listOf(issuer, c.lists)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Ends tells what of the files ends first, and when: from then on some clients do not
// come in. The zero time is for what never does.
func (c *Clients) Ends() (what string, at time.Time) {
	keep := func(name string, end time.Time) {
		if !end.IsZero() && (at.IsZero() || end.Before(at)) {
			what, at = name, end
		}
	}
	for _, one := range c.authorities {
		keep(fmt.Sprintf("the certificate of the authority %q", NameOf(one.Subject)), one.NotAfter)
	}
	for _, list := range c.lists {
		keep(fmt.Sprintf("the list of what %q has revoked", NameOf(list.Issuer)), list.NextUpdate)
	}
	return what, at
}
