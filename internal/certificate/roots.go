package certificate

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
)

// Roots are authorities that certificates of others are verified with.
type Roots struct {
	Pool *x509.CertPool
	Sum  string // the same for the same certificates
}

// LoadRoots reads the certificates in a PEM file, of which there is at least
// one. Every error is an *Error.
func LoadRoots(file string) (Roots, error) {
	content, err := readFile(file, false, maxFile)
	if err != nil {
		return Roots{}, err
	}
	chain, err := parseChain(file, content, writeChain)
	if err != nil {
		return Roots{}, err
	}
	sum := sha256.New()
	roots := Roots{Pool: x509.NewCertPool()}
	for _, one := range chain {
		roots.Pool.AddCert(one)
		sum.Write(one.Raw)
	}
	roots.Sum = hex.EncodeToString(sum.Sum(nil))
	return roots, nil
}
