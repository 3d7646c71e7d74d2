package config

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// writeAuthorities makes authorities of clients, and lists of what they have revoked.
func writeAuthorities(t testing.TB, write func(name string, content []byte)) {
	t.Helper()
	now := testNow()
	first, firstKey := newAuthority(t, "first", now.Add(90*day))
	second, secondKey := newAuthority(t, "second", now.Add(-day))
	one, other := encodedPEM("CERTIFICATE", first.Raw), encodedPEM("CERTIFICATE", second.Raw)
	write("authority.crt", one)
	write("authorities.crt", append(append([]byte{}, one...), other...))
	write("ended.crt", other)
	list := newList(t, first, firstKey, now.Add(day), pkix.Extension{})
	write("authority.crl", encodedPEM("X509 CRL", list))
	write("authority.der", list)
	write("cut.crl", encodedPEM("X509 CRL", list[:len(list)-9]))
	write("ended.crl", encodedPEM("X509 CRL", newList(t, first, firstKey, now.Add(-time.Minute), pkix.Extension{})))
	write("foreign.crl", append(encodedPEM("X509 CRL", list), encodedPEM("X509 CRL", newList(t, second, secondKey, now.Add(day), pkix.Extension{}))...))
	write("other.crl", encodedPEM("X509 CRL", newList(t, second, secondKey, now.Add(day), pkix.Extension{})))
	write("delta.crl", encodedPEM("X509 CRL", newList(t, first, firstKey, now.Add(day),
		pkix.Extension{Id: []int{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}})))
}

func encodedPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func newAuthority(t testing.TB, name string, end time.Time) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	key := newKey(t)
	own := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: end.Add(-180 * day), NotAfter: end,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	der, err := x509.CreateCertificate(rand.Reader, own, own, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func newList(t testing.TB, by *x509.Certificate, key crypto.Signer, end time.Time, extension pkix.Extension) []byte {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: end.Add(-30 * day), NextUpdate: end}
	if extension.Id != nil {
		list.ExtraExtensions = []pkix.Extension{extension}
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, by, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
