// Package party makes certificates for tests: of authorities, of whom they have signed
// and of what they have revoked.
package party

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Party is somebody with a key and a certificate.
type Party struct {
	Certificate *x509.Certificate
	Key         *ecdsa.PrivateKey
	Chain       string // PEM
}

// Signs makes a certificate with a key of its own, for a client unless change says
// something else; a nil Party has it sign itself.
func (p *Party) Signs(t testing.TB, serial int64, change func(*x509.Certificate)) *Party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	change(template)
	if p == nil {
		p = &Party{Certificate: template, Key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, p.Certificate, key.Public(), p.Key)
	if err != nil {
		t.Fatal(err)
	}
	made := &Party{Key: key, Chain: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	if made.Certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return made
}

// Lists makes a list of what an authority has revoked, in DER: it is empty and good for
// an hour unless change says something else.
func (p *Party) Lists(t testing.TB, change func(*x509.RevocationList)) []byte {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	change(list)
	der, err := x509.CreateRevocationList(rand.Reader, list, p.Certificate, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Revokes is a list of these, in PEM.
func (p *Party) Revokes(t testing.TB, serials ...int64) string {
	t.Helper()
	der := p.Lists(t, func(list *x509.RevocationList) {
		for _, serial := range serials {
			list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: time.Now()})
		}
	})
	return string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
}

// Client changes a certificate into that of a client.
func Client(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: name, Organization: []string{"Example"}} }
}

// Authority changes a certificate into that of an authority.
func Authority(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject, c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = pkix.Name{CommonName: name}, true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
	}
}
