package acme

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"edgegen/internal/certificate"
)

// pending is an order from the moment on in which the authority is asked to give what
// it is for: from then on it counts there, whatever becomes of us.
type pending struct {
	Order string // its URL
	Key   string // of the certificate, in PEM
}

func (r records) pendingName(names []string) string {
	return certificateName(r.directory, names) + ".order"
}

// pending returns the order for the names that an earlier try has left; false where
// there is none.
func (r records) pending(ctx context.Context, names []string) (p pending, ok bool, err error) {
	text, err := r.Read(ctx, r.pendingName(names))
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err != nil || json.Unmarshal(text, &p) != nil || p.Order == "" {
		return p, false, err // what is damaged is begun anew
	}
	return p, true, nil
}

func (r records) putPending(ctx context.Context, names []string, p pending) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return r.Write(ctx, r.pendingName(names), text)
}

// forgetPending is for an order that has come to its end, one way or the other.
func (r records) forgetPending(ctx context.Context, names []string) error {
	return r.Remove(ctx, r.pendingName(names))
}

// asked notes an order down in the moment before the authority is asked for its
// certificate: acmez wants the request then.
type asked struct {
	request *x509.CertificateRequest
	note    func() error
}

func (a asked) CSR(context.Context, []acme.Identifier) (*x509.CertificateRequest, error) {
	if err := a.note(); err != nil {
		return nil, fmt.Errorf("store an order: %w", err)
	}
	return a.request, nil
}

// resume brings an order to its end that an earlier try has left; there is nothing
// where that one was given up by the authority, or has given what is there already.
func (t *try) resume(ctx context.Context) (chain, key []byte, err error) {
	p, ok, err := t.records().pending(ctx, t.Names)
	if err != nil || !ok {
		return nil, nil, err
	}
	chain, err = t.finish(ctx, p)
	if _, told := problemOf(err); err != nil && !told {
		return nil, nil, err // it may go better the next time
	}
	if err == nil && isAnother(chain, t.before) {
		return chain, []byte(p.Key), nil
	}
	return nil, nil, t.records().forgetPending(ctx, t.Names)
}

// finish returns nothing where the order has become invalid.
func (t *try) finish(ctx context.Context, p pending) (chain []byte, err error) {
	order, err := t.client.GetOrder(ctx, t.known, acme.Order{Location: p.Order})
	if err == nil && (order.Status == acme.StatusReady || order.Status == acme.StatusProcessing) {
		var request *x509.CertificateRequest
		if request, err = p.request(t.Names); err == nil {
			order, err = t.client.FinalizeOrder(ctx, t.known, order, request.Raw)
		}
	}
	if err != nil || order.Status != acme.StatusValid {
		return nil, err
	}
	given, err := t.client.GetCertificateChain(ctx, t.known, order.Certificate)
	if err != nil || len(given) == 0 {
		return nil, err
	}
	return given[0].ChainPEM, nil
}

func (p pending) request(names []string) (*x509.CertificateRequest, error) {
	signer, err := parseKey([]byte(p.Key))
	if err != nil {
		return nil, fmt.Errorf("the key of an order: %w", err)
	}
	return acmez.NewCSR(signer, sorted(names))
}

// isAnother reports whether a chain begins with a certificate that ends later than the
// one that it is to replace.
func isAnother(chain []byte, before certificate.Pair) bool {
	block, _ := pem.Decode(chain)
	if block == nil {
		return false
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	return err == nil && (before.Leaf == nil || leaf.NotAfter.After(before.Leaf.NotAfter))
}
