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

// order gets a certificate from the authority, in place of one that may be there, and
// stores it.
func (w *wanted) order(ctx context.Context, before certificate.Pair) error {
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
			solvers[acme.ChallengeTypeHTTP01] = w.toAll(byHTTP{&m.Challenges}, tokenName)
		}
		if w.ByTLS {
			solvers[acme.ChallengeTypeTLSALPN01] = w.toAll(byTLS{&m.Challenges}, shownName)
		}
	}
	t := &try{wanted: w, client: client, told: told, before: before}
	chain, key, err := t.get(ctx)
	if err != nil {
		return told.later(err)
	}
	if err := w.put(ctx, append(chain, key...)); err != nil {
		return fmt.Errorf("store a certificate: %w", err)
	}
	m.options.Log.Info("got a certificate from the authority", "site", w.Site)
	return w.records().forgetPending(ctx, w.Names)
}

// try is one to get a certificate.
type try struct {
	*wanted
	client acmez.Client
	told   *heard
	before certificate.Pair // that it is to replace
	// directory and known, our account, are what the authority has answered.
	directory acme.Directory
	known     acme.Account
}

// get goes on with an order that is there, or makes one.
func (t *try) get(ctx context.Context) (chain, key []byte, err error) {
	if err := t.ask(ctx); err != nil {
		return nil, nil, err
	}
	t.told.newOrder = t.directory.NewOrder
	if t.known, err = t.account(ctx, t.client); err != nil {
		return nil, nil, err
	}
	if chain, key, err = t.resume(ctx); err != nil || chain != nil {
		return chain, key, err
	}
	return t.begin(ctx)
}

func (t *try) begin(ctx context.Context) (chain, key []byte, err error) {
	signer, key, err := newKey()
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	request, err := acmez.NewCSR(signer, sorted(t.Names))
	if err != nil {
		return nil, nil, fmt.Errorf("make a request: %w", err)
	}
	parameters, err := acmez.OrderParametersFromCSR(t.known, request)
	if err != nil {
		return nil, nil, fmt.Errorf("make an order: %w", err)
	}
	if parameters.Profile, err = t.profile(); err != nil {
		return nil, nil, err
	}
	parameters.CSR = asked{request, func() error {
		return t.records().putPending(ctx, t.Names, pending{t.told.ordered(), string(key)})
	}}
	parameters.Replaces = t.before.Leaf // the authority counts it as a renewal
	given, err := t.client.ObtainCertificate(ctx, parameters)
	if err != nil {
		return nil, nil, err
	}
	if len(given) == 0 {
		return nil, nil, errors.New("the authority has given no certificate")
	}
	return given[0].ChainPEM, key, nil
}

// ask asks for the directory, with which all else begins. A server whose answer holds
// something else is no authority.
func (t *try) ask(ctx context.Context) (err error) {
	t.directory, err = t.client.GetDirectory(ctx)
	if _, told := problemOf(err); err != nil && !told && !errors.As(err, new(*url.Error)) && ctx.Err() == nil {
		return &strangeError{t.authority.Directory, http.StatusOK}
	}
	return err
}

// profile returns the one that is wanted, which the authority has to know.
func (t *try) profile() (string, error) {
	name, known := t.authority.Profile, t.directory.Meta.Profiles
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
	select {
	case m.registering <- struct{}{}:
		defer func() { <-m.registering }()
	case <-ctx.Done():
		return acme.Account{}, ctx.Err()
	}
	alone, err := w.registerAlone(ctx)
	if err != nil {
		return acme.Account{}, err
	}
	defer alone()
	a, err := w.records().account(ctx)
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
	if err := w.records().putAccount(ctx, fresh); err != nil {
		return acme.Account{}, fmt.Errorf("store the account: %w", err)
	}
	return fresh, nil
}
