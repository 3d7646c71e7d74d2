package acme

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mholt/acmez/v3/acme"
)

// keeper is where records are kept: a Store, or the vault.Vault of several edges.
type keeper interface {
	Read(ctx context.Context, name string) ([]byte, error)
	Write(ctx context.Context, name string, content []byte) error
	Remove(ctx context.Context, name string) error
}

// records are the account with an authority, and the orders that are under way.
type records struct {
	keeper
	directory string // the URL of the authority's directory
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

func (r records) name(of string) string { return folder(r.directory) + "/" + of }

// account returns the one that has been registered, or one with a key alone,
// which is then to be.
func (r records) account(ctx context.Context) (account, error) {
	key, err := r.accountKey(ctx)
	if err != nil {
		return account{}, fmt.Errorf("the account's key: %w", err)
	}
	a := account{key: key}
	text, err := r.Read(ctx, r.name(accountFile))
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
func (r records) accountKey(ctx context.Context) (crypto.Signer, error) {
	text, err := r.Read(ctx, r.name(accountKey))
	if errors.Is(err, fs.ErrNotExist) {
		key, text, err := newKey()
		if err != nil {
			return nil, err
		}
		return key, r.Write(ctx, r.name(accountKey), text)
	}
	if err != nil {
		return nil, err
	}
	signer, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name(accountKey), err)
	}
	return signer, nil
}

func (r records) putAccount(ctx context.Context, a acme.Account) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return r.Write(ctx, r.name(accountFile), text)
}

// forgetAccount is for an authority that does not know the account any more. The
// key stays.
func (r records) forgetAccount(ctx context.Context) error { return r.Remove(ctx, r.name(accountFile)) }

// parseKey reads a key as newKey writes it.
func parseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it holds no key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("it holds no key that signs")
	}
	return signer, nil
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
