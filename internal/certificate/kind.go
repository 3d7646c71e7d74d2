package certificate

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
)

// Kinds is how many kinds of keys there are in TLS, of each of which a site may
// have a certificate.
const Kinds = 3

// KeyKind names the kind of the certificate's key.
func (p Pair) KeyKind() string { return kinds()[p.rank()] }

// kinds are in the order in which they are preferred: by what a handshake costs
// here, and which clients do without.
func kinds() [Kinds]string { return [Kinds]string{"ECDSA", "Ed25519", "RSA"} }

func (p Pair) rank() int {
	switch p.Leaf.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return 0
	case ed25519.PublicKey:
		return 1
	case *rsa.PublicKey:
		return 2
	}
	return Kinds - 1
}

// Compare orders the pairs of a site: a client is shown the first that it can use.
// It returns 0 for keys of one kind.
func Compare(a, b Pair) int { return cmp.Compare(a.rank(), b.rank()) }
