package acme

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/certificate"
)

// obtain gets a certificate, in place of one that may be there, and stores it.
func (w *wanted) obtain(ctx context.Context, before certificate.Pair) error {
	ctx, cancel := context.WithTimeout(ctx, orderTime)
	defer cancel()
	m := w.manager
	told := &retryAfter{}
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
	chain, key, err := w.order(ctx, client, before)
	if err != nil {
		return told.later(err)
	}
	if err := m.options.Store.put(w.authority.Directory, w.Names, append(chain, key...)); err != nil {
		return fmt.Errorf("store a certificate: %w", err)
	}
	return nil
}

func (w *wanted) order(ctx context.Context, client acmez.Client, before certificate.Pair) (chain, key []byte, err error) {
	known, err := w.account(ctx, client)
	if err != nil {
		return nil, nil, err
	}
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
	if parameters.Profile, err = w.profile(ctx, client); err != nil {
		return nil, nil, err
	}
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

// profile returns the one that is wanted, which the authority has to know.
func (w *wanted) profile(ctx context.Context, client acmez.Client) (string, error) {
	name := w.authority.Profile
	if name == "" {
		return "", nil
	}
	directory, err := client.GetDirectory(ctx)
	if err != nil {
		return "", err
	}
	known := directory.Meta.Profiles
	if _, ok := known[name]; ok {
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

// client speaks with the authority; told, where it is not nil, hears when that
// wants to be left alone.
func (w *wanted) client(told *retryAfter) *acme.Client {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{RootCAs: w.authority.Roots},
		TLSHandshakeTimeout: 10 * time.Second,
		DisableKeepAlives:   true, // nothing is left over, and there are few requests
	}
	c := &acme.Client{Directory: w.authority.Directory, UserAgent: w.manager.options.UserAgent,
		HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute}}
	if told != nil {
		told.RoundTripper, c.HTTPClient.Transport = transport, told
	}
	return c
}

// retryAfter remembers when an authority wants to be asked again that has refused
// to answer.
type retryAfter struct {
	http.RoundTripper
	mu    sync.Mutex
	after time.Time
}

func (r *retryAfter) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.RoundTripper.RoundTrip(request)
	if err == nil && (response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable) {
		if after, ok := parseRetryAfter(response.Header.Get("Retry-After"), time.Now()); ok {
			r.mu.Lock()
			r.after = after
			r.mu.Unlock()
		}
	}
	return response, err
}

// parseRetryAfter reads seconds or a date (RFC 9110, 10.2.3).
func parseRetryAfter(text string, now time.Time) (time.Time, bool) {
	if at, err := http.ParseTime(text); err == nil {
		return at, true
	}
	seconds, err := time.ParseDuration(text + "s")
	return now.Add(seconds), err == nil && seconds > 0
}

// later adds to an error when the next try may come.
func (r *retryAfter) later(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.after.IsZero() {
		return err
	}
	return &laterError{err, r.after}
}

// laterError is an error of an authority that does not want to be asked before a
// time.
type laterError struct {
	error
	after time.Time
}

func (l *laterError) Unwrap() error { return l.error }
