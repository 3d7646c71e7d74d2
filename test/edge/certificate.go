package edge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"
)

// Certificate is a certificate with its key, in PEM.
type Certificate struct {
	Serial      int64
	Chain, Key  string
	Certificate *x509.Certificate
}

// NewCertificate makes a certificate for a host, with an ECDSA key, that signs
// itself. A life below zero makes one that has expired.
func NewCertificate(t testing.TB, host string, serial int64, life time.Duration) Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certificateFor(t, key, host, serial, life)
}

// NewRSACertificate is NewCertificate with an RSA key.
func NewRSACertificate(t testing.TB, host string, serial int64, life time.Duration) Certificate {
	t.Helper()
	key, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	return certificateFor(t, key, host, serial, life)
}

// rsaKey is one for all: it takes long to find.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func certificateFor(t testing.TB, key crypto.Signer, host string, serial int64, life time.Duration) Certificate {
	t.Helper()
	end := time.Now().Add(life)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{host},
		NotBefore: end.Add(-180 * 24 * time.Hour), NotAfter: end}
	leaf, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(leaf)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return Certificate{
		Serial:      serial,
		Chain:       string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf})),
		Key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		Certificate: parsed,
	}
}

// Valid is how long certificates of the tests are good for.
const Valid = 90 * 24 * time.Hour
