// Package certificate reads certificates with their keys, and keeps a local
// certificate authority that signs certificates for sites that have none.
package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Notice is how long before its end a certificate that edgegen does not renew is worth a
// warning.
const Notice = 14 * 24 * time.Hour

// Pair is a certificate chain and the key of its first certificate. It is
// not changed after it is made, and may be read from any goroutine.
type Pair struct {
	// PEM is the chain, leaf first, and then the key as PKCS #8: what stunnel
	// and tls.X509KeyPair read. It is secret. Equal certificates and keys make
	// equal bytes, however their files were laid out.
	PEM []byte `json:"-"`
	// Leaf is the site's own certificate, Chain the leaf and what follows it.
	Leaf  *x509.Certificate   `json:"-"`
	Chain []*x509.Certificate `json:"-"`
}

// String names the certificate, so that a printed Pair does not show its key.
func (p Pair) String() string {
	if p.Leaf == nil {
		return "no certificate"
	}
	return fmt.Sprintf("certificate of %v, serial %x", p.Leaf.Subject, p.Leaf.SerialNumber)
}

// GoString is String: "%#v" does not show the key either.
func (p Pair) GoString() string { return p.String() }

// ValidAt reports whether the site's own certificate has begun, and has not ended.
func (p Pair) ValidAt(t time.Time) bool {
	return !t.Before(p.Leaf.NotBefore) && t.Before(p.Leaf.NotAfter)
}

// TLS returns the pair in the form that crypto/tls serves.
func (p Pair) TLS() (tls.Certificate, error) {
	return tls.X509KeyPair(p.PEM, p.PEM)
}

// Load reads a chain and its key; both may stand in one file. The certificate
// that the key belongs to is put first, and then what leads from it to an
// authority; what does not is left out. Every error is an *Error. Dates and names
// are not judged.
func Load(certFile, keyFile string) (Pair, error) {
	certPEM, certErr := readFile(certFile, false, maxFile)
	keyPEM, keyErr := readFile(keyFile, true, maxFile)
	if certErr != nil {
		return Pair{}, certErr
	}
	return parse(certFile, certPEM, keyFile, keyPEM, keyErr)
}

// Parse is Load of a text that holds both, and that file names in errors.
func Parse(file string, text []byte) (Pair, error) { return parse(file, text, file, text, nil) }

// parse is given why the key could not be read, which is told after what is wrong with
// the chain.
func parse(certFile string, certPEM []byte, keyFile string, keyPEM []byte, keyErr error) (Pair, error) {
	chain, err := parseChain(certFile, certPEM, writeChain)
	if err != nil {
		return Pair{}, err
	}
	if keyErr != nil {
		return Pair{}, keyErr
	}
	key, err := parseKey(keyFile, keyPEM)
	if err != nil {
		return Pair{}, err
	}
	leaf := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return samePublicKey(c.PublicKey, key.Public()) })
	if leaf < 0 {
		return Pair{}, &Error{Kind: Mismatch, File: keyFile, InKey: true,
			Detail: "does not match the certificate " + certFile,
			Remedy: "use the key that the certificate was requested with"}
	}
	if err := checkStrength(certFile, chain[leaf]); err != nil {
		return Pair{}, err
	}
	ordered, rest := chainOf(chain[leaf], chain)
	if err := complete(certFile, ordered, rest); err != nil {
		return Pair{}, err
	}
	pair, err := newPair(ordered, key)
	if err != nil {
		return Pair{}, &Error{Kind: Malformed, File: keyFile, InKey: true, Detail: "holds a key of a kind that TLS does not use", Err: err}
	}
	return pair, nil
}

func newPair(chain []*x509.Certificate, key crypto.Signer) (Pair, error) {
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encode the key: %w", err)
	}
	var text []byte
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...)
	return Pair{PEM: text, Leaf: chain[0], Chain: chain}, nil
}

func samePublicKey(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}

// checkStrength refuses what OpenSSL refuses at its usual security level: a
// daemon would stop at start with a message that few can read.
func checkStrength(file string, leaf *x509.Certificate) error {
	bits, least := 0, 0
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		bits, least = key.N.BitLen(), 2048
	case *ecdsa.PublicKey:
		bits, least = key.Curve.Params().BitSize, 224
	}
	if bits >= least {
		return nil
	}
	return &Error{Kind: Weak, File: file,
		Detail: fmt.Sprintf("has a key of %d bits, which is too short for TLS", bits),
		Remedy: fmt.Sprintf("request a certificate with an ECDSA P-256 key, or RSA with at least %d bits", least)}
}

func errorAs(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
