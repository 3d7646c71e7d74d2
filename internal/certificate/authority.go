package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"edgegen/internal/atomicfile"
)

const (
	rootLife = 10 * 365 * 24 * time.Hour
	leafLife = 397 * 24 * time.Hour // browsers refuse more
	renewal  = 30 * 24 * time.Hour
	backdate = time.Hour // for clients whose clock is behind
)

// Authority is a local certificate authority whose files last in a
// directory. Several processes may share the directory, and several
// goroutines an Authority.
type Authority struct {
	dir  string
	now  func() time.Time
	root Pair
	key  crypto.Signer
}

// OpenAuthority opens the authority in dir, and makes the directory (0700)
// and a root (ECDSA P-256, ten years, key 0600) where there is none. A root
// whose files are damaged is an error: it is never replaced in silence.
func OpenAuthority(dir string) (*Authority, error) {
	return openAuthority(dir, time.Now)
}

func openAuthority(dir string, now func() time.Time) (*Authority, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open the local certificate authority: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the local certificate authority: %w", err)
	}
	a := &Authority{dir: dir, now: now}
	if err := a.locked(a.openRoot); err != nil {
		return nil, fmt.Errorf("open the local certificate authority in %s: %w", dir, err)
	}
	return a, nil
}

// RootFile is the path of the root certificate, for a person to import.
func (a *Authority) RootFile() string { return filepath.Join(a.dir, "root.crt") }

func (a *Authority) keyFile() string { return filepath.Join(a.dir, "root.key") }

// openRoot reads the root, or makes one where a file of it is missing or its
// time is up. The key is written first: a certificate alone would be trusted
// by people and yet sign nothing.
func (a *Authority) openRoot() error {
	root, err := Load(a.RootFile(), a.keyFile())
	if problem, ok := errorAs(err); ok && problem.Kind == Missing {
		return a.makeRoot()
	}
	if err != nil {
		return err
	}
	if !root.Leaf.IsCA {
		return errors.New("root.crt is not the certificate of an authority")
	}
	if a.now().Add(renewal).After(root.Leaf.NotAfter) {
		return a.makeRoot()
	}
	return a.adopt(root)
}

// localName begins the name of every root that is made here.
const localName = "edgegen local authority "

// IsLocal reports whether a local authority has signed the certificate.
func (p Pair) IsLocal() bool { return strings.HasPrefix(p.Leaf.Issuer.CommonName, localName) }

func (a *Authority) makeRoot() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the root key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return err
	}
	begin := a.now().Add(-backdate).UTC().Truncate(time.Second)
	template := &x509.Certificate{
		SerialNumber: serial,
		// The serial tells the roots of two machines apart in a trust store.
		Subject:               pkix.Name{CommonName: fmt.Sprintf("%s%x", localName, serial.Bytes()[:4])},
		NotBefore:             begin,
		NotAfter:              begin.Add(rootLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	root, err := sign(template, template, key, key)
	if err != nil {
		return fmt.Errorf("make the root certificate: %w", err)
	}
	// Without the old certificate, a crash between the two writes leaves a
	// missing file, which the next start makes good, and never a mismatch.
	if err := os.Remove(a.RootFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	block, rest := pem.Decode(root.PEM)
	if err := atomicfile.Write(a.keyFile(), rest, 0o600); err != nil {
		return err
	}
	if err := atomicfile.Write(a.RootFile(), pem.EncodeToMemory(block), 0o644); err != nil {
		return err
	}
	return a.adopt(root)
}

func (a *Authority) adopt(root Pair) error {
	key, err := parseKey(a.keyFile(), root.PEM)
	if err != nil {
		return err
	}
	a.root, a.key = root, key
	return nil
}

// sign makes the certificate that template describes for subject's key. Its
// chain holds no root: clients have that, or do not trust it.
func sign(template, parent *x509.Certificate, subject, signer crypto.Signer) (Pair, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, subject.Public(), signer)
	if err != nil {
		return Pair{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return Pair{}, err
	}
	return newPair([]*x509.Certificate{leaf}, subject)
}

func newSerial() (*big.Int, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	// RFC 5280 wants a positive number of at most 20 octets.
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:]), nil
}

// signedBy reports whether the root made the certificate.
func (a *Authority) signedBy(leaf *x509.Certificate) bool {
	return leaf.CheckSignatureFrom(a.root.Leaf) == nil && bytes.Equal(leaf.RawIssuer, a.root.Leaf.RawSubject)
}
