package cluster

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// protocol is what members agree upon by ALPN: a later version of edgegen that speaks
// otherwise calls it otherwise.
const protocol = "edgegen-cluster/1"

// identity is what a member shows and what it looks for: the key that the secret makes.
// All members have the same.
type identity struct{ client, server *tls.Config }

// newIdentity makes the key of a secret. HKDF gives a seed that tells nothing of the
// secret but to who can guess it, and Ed25519 makes the same key of it everywhere. That
// the other end has the key too, TLS finds out; whose key it shows is looked at here.
func newIdentity(secret string) (*identity, error) {
	seed, err := hkdf.Key(sha256.New, []byte(secret), nil, protocol, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	certificate, err := selfSigned(key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of a member: %w", err)
	}
	public := key.Public().(ed25519.PublicKey)
	base := tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, NextProtos: []string{protocol},
		// No name and no authority is looked at: the key is, in each handshake.
		InsecureSkipVerify: true, ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true,
		VerifyConnection: func(c tls.ConnectionState) error { return isMember(c, public) },
	}
	return &identity{client: base.Clone(), server: base.Clone()}, nil
}

var errStranger = errors.New("the other end does not have the secret of this cluster")

func isMember(c tls.ConnectionState, public ed25519.PublicKey) error {
	if c.NegotiatedProtocol != protocol || len(c.PeerCertificates) == 0 {
		return errStranger
	}
	shown, ok := c.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok || subtle.ConstantTimeCompare(shown, public) != 1 {
		return errStranger
	}
	return nil
}

// selfSigned is a certificate for a key. Nobody looks at what else it says.
func selfSigned(key ed25519.PrivateKey) (tls.Certificate, error) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: protocol},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
