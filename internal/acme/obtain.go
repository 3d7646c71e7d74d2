package acme

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/certificate"
)

// obtain gets a certificate, in place of one that may be there, and stores it.
func (w *wanted) obtain(ctx context.Context, before certificate.Pair) error {
	ctx, cancel := context.WithTimeout(ctx, orderTime)
	defer cancel()
	m := w.manager
	told := &heard{}
	client := acmez.Client{Client: w.client(told), ChallengeSolvers: map[string]acmez.Solver{}}
	switch solvers := client.ChallengeSolvers; {
	case len(w.ByDNS.Command) > 0:
		solvers[acme.ChallengeTypeDNS01] = byDNS{w.ByDNS, m.options.Seen, m.options.Run, textsOf(w.Resolvers)}
	default:
		if w.ByHTTP {
			solvers[acme.ChallengeTypeHTTP01] = byHTTP{&m.Challenges}
		}
		if w.ByTLS {
			solvers[acme.ChallengeTypeTLSALPN01] = byTLS{&m.Challenges}
		}
	}
	chain, key, err := w.get(ctx, client, told, before)
	if err != nil {
		return told.later(err)
	}
	store := m.options.Store
	if err := store.put(w.authority.Directory, w.Names, append(chain, key...)); err != nil {
		return fmt.Errorf("store a certificate: %w", err)
	}
	return store.forgetPending(w.authority.Directory, w.Names)
}

// get goes on with an order that is there, or makes one.
func (w *wanted) get(ctx context.Context, client acmez.Client, told *heard, before certificate.Pair) (chain, key []byte, err error) {
	directory, err := w.directory(ctx, client)
	if err != nil {
		return nil, nil, err
	}
	told.newOrder = directory.NewOrder
	known, err := w.account(ctx, client)
	if err != nil {
		return nil, nil, err
	}
	if chain, key, err = w.resume(ctx, client, known, before); err != nil || chain != nil {
		return chain, key, err
	}
	profile, err := w.profile(directory)
	if err != nil {
		return nil, nil, err
	}
	return w.order(ctx, client, told, known, profile, before)
}

func (w *wanted) order(ctx context.Context, client acmez.Client, told *heard, known acme.Account, profile string, before certificate.Pair) (chain, key []byte, err error) {
	signer, key, err := newKey()
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	request, err := acmez.NewCSR(signer, sorted(w.Names))
	if err != nil {
		return nil, nil, fmt.Errorf("make a request: %w", err)
	}
	parameters, err := acmez.OrderParametersFromCSR(known, request)
	if err != nil {
		return nil, nil, fmt.Errorf("make an order: %w", err)
	}
	parameters.Profile = profile
	parameters.CSR = asked{request, func() error {
		return w.manager.options.Store.putPending(w.authority.Directory, w.Names, pending{told.ordered(), string(key)})
	}}
	parameters.Replaces = before.Leaf // the authority counts it as a renewal
	given, err := client.ObtainCertificate(ctx, parameters)
	if err != nil {
		return nil, nil, err
	}
	if len(given) == 0 {
		return nil, nil, errors.New("the authority has given no certificate")
	}
	return given[0].ChainPEM, key, nil
}

// directory asks for what all else begins with. An answer that holds something else
// is one of somebody who is no authority.
func (w *wanted) directory(ctx context.Context, client acmez.Client) (acme.Directory, error) {
	found, err := client.GetDirectory(ctx)
	if _, told := problemOf(err); err != nil && !told && !errors.As(err, new(*url.Error)) && ctx.Err() == nil {
		err = &strangeError{w.authority.Directory, http.StatusOK}
	}
	return found, err
}

// profile returns the one that is wanted, which the authority has to know.
func (w *wanted) profile(of acme.Directory) (string, error) {
	name, known := w.authority.Profile, of.Meta.Profiles
	if _, ok := known[name]; ok || name == "" {
		return name, nil
	}
	if len(known) == 0 {
		return "", errors.New("the authority has no profiles: leave `profile` out of the acme block")
	}
	return "", fmt.Errorf("the authority has no profile %q: set `profile` in the acme block to one of %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}

// account returns ours with the authority, which is registered where that has not
// been done.
func (w *wanted) account(ctx context.Context, client acmez.Client) (acme.Account, error) {
	m := w.manager
	m.registering.Lock()
	defer m.registering.Unlock()
	a, err := m.options.Store.account(w.authority.Directory)
	if err != nil {
		return acme.Account{}, err
	}
	if a.Location != "" && a.Status == acme.StatusValid {
		return a.Account, nil
	}
	fresh := acme.Account{TermsOfServiceAgreed: true, PrivateKey: a.key}
	if w.authority.Email != "" {
		fresh.Contact = []string{"mailto:" + w.authority.Email}
	}
	if w.authority.KeyID != "" {
		bound := acme.EAB{KeyID: w.authority.KeyID, MACKey: w.authority.HMACKey}
		if err := fresh.SetExternalAccountBinding(ctx, client.Client, bound); err != nil {
			return acme.Account{}, fmt.Errorf("bind the account: %w", err)
		}
	}
	if fresh, err = client.NewAccount(ctx, fresh); err != nil {
		return acme.Account{}, fmt.Errorf("register with the authority: %w", err)
	}
	if err := m.options.Store.putAccount(w.authority.Directory, fresh); err != nil {
		return acme.Account{}, fmt.Errorf("store the account: %w", err)
	}
	return fresh, nil
}
