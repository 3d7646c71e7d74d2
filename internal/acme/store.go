package acme

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/atomicfile"
	"edgegen/internal/certificate"
)

// Store is a directory with what authorities have given. The zero value is of no
// use. Its methods may be called from any goroutine.
type Store struct {
	// Dir is absolute; it is made, 0700, when something is to be stored.
	Dir string
}

// Tidy removes what a process that was killed had begun to write: it may hold a key.
// Nobody else may be at work in the store.
func (s Store) Tidy() error {
	begun, _ := filepath.Glob(filepath.Join(s.Dir, "*", ".*")) // the pattern is good
	var problems []error
	for _, file := range begun {
		problems = append(problems, os.Remove(file))
	}
	return errors.Join(problems...)
}

// of is the part of the store that belongs to one authority: another one knows
// nothing of an account, and may be asked for the same names.
func (s Store) of(directory string) string { return filepath.Join(s.Dir, sum(directory)) }

// file is where the certificate for some names is, with its key.
func (s Store) file(directory string, names []string) string {
	return filepath.Join(s.of(directory), sum(sorted(names)...)+".pem")
}

func sorted(names []string) []string {
	all := slices.Clone(names)
	slices.Sort(all)
	return slices.Compact(all)
}

// sum names a file: a host may be too long for a name, and hold a "*".
func sum(parts ...string) string {
	all := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(all[:])[:32]
}

// Pair returns the certificate that an authority, known by the URL of its
// directory, has given for the names; false where there is none that is valid at
// the time.
func (s Store) Pair(directory string, names []string, at time.Time) (certificate.Pair, bool) {
	file := s.file(directory, names)
	pair, err := certificate.Load(file, file)
	return pair, err == nil && at.Before(pair.Leaf.NotAfter)
}

// Pairs returns all that authorities have given, for whatever names, and that is valid
// at the time.
func (s Store) Pairs(at time.Time) (all []certificate.Pair) {
	files, _ := filepath.Glob(filepath.Join(s.Dir, "*", "[0-9a-f]*.pem")) // the pattern is good
	for _, file := range files {
		if pair, err := certificate.Load(file, file); err == nil && pair.ValidAt(at) {
			all = append(all, pair)
		}
	}
	return all
}

// makeDirectory makes what holds the files of an authority.
func (s Store) makeDirectory(directory string) error {
	if err := atomicfile.MakePrivate(s.Dir); err != nil {
		return err
	}
	return atomicfile.MakePrivate(s.of(directory))
}

func (s Store) put(directory string, names []string, pair []byte) error {
	if err := s.makeDirectory(directory); err != nil {
		return err
	}
	return atomicfile.Write(s.file(directory, names), pair, 0o600)
}

// account is what an authority knows us by.
type account struct {
	acme.Account
	key crypto.Signer
}

const (
	accountKey  = "account.key"
	accountFile = "account.json"
)

// account returns the one that has been registered, or one with a key alone,
// which is then to be.
func (s Store) account(directory string) (account, error) {
	key, err := s.accountKey(directory)
	if err != nil {
		return account{}, fmt.Errorf("the account's key: %w", err)
	}
	a := account{key: key}
	text, err := os.ReadFile(filepath.Join(s.of(directory), accountFile))
	if err == nil {
		err = json.Unmarshal(text, &a.Account)
	}
	a.PrivateKey = key
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return a, err
}

// accountKey reads the key, or makes one. Whoever registers the same key again
// gets the same account (RFC 8555, 7.3), so that nothing is lost where the
// process ends between the two.
func (s Store) accountKey(directory string) (crypto.Signer, error) {
	file := filepath.Join(s.of(directory), accountKey)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		key, text, err := newKey()
		if err != nil {
			return nil, err
		}
		if err := s.makeDirectory(directory); err != nil {
			return nil, err
		}
		return key, atomicfile.Write(file, text, 0o600)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s holds no key that signs", file)
	}
	return signer, nil
}

func (s Store) putAccount(directory string, a acme.Account) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(s.of(directory), accountFile), text, 0o600)
}

// forgetAccount is for an authority that does not know the account any more. The
// key stays.
func (s Store) forgetAccount(directory string) error {
	err := os.Remove(filepath.Join(s.of(directory), accountFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// newKey makes a key, and the text of it in PEM.
func newKey() (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
