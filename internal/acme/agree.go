package acme

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/vault"
)

// agree brings this edge and the others to the certificate that ends last, and reports
// whether that is another one than the edge had, which is served then. Own is what it
// has; the zero value for none.
func (w *wanted) agree(ctx context.Context, own certificate.Pair) (another bool) {
	v := w.authority.Vault
	if v == nil {
		return false
	}
	taken, ok, err := w.take(ctx, own)
	if err == nil && ok {
		if err := w.serve(ctx, own, taken); err != nil {
			return false // it is to be renewed itself
		}
		w.went("", time.Time{})
		return true
	}
	if err == nil && own.Leaf != nil {
		err = w.offer(ctx, own)
	}
	if err != nil && ctx.Err() == nil {
		w.manager.options.Log.Warn("cannot compare certificates with those in the store", "site", w.Site, "error", err)
	}
	return false
}

// take stores the certificate that other edges have, where that is good, and ends later
// than what there is here.
func (w *wanted) take(ctx context.Context, own certificate.Pair) (certificate.Pair, bool, error) {
	pair, err := Kept(ctx, w.authority.Vault, w.authority.Directory, w.Names, time.Now())
	if damaged := (*DamagedError)(nil); errors.As(err, &damaged) {
		w.manager.options.Log.Warn("the certificate in the store cannot be used", "site", w.Site, "error", err)
		return certificate.Pair{}, false, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return certificate.Pair{}, false, nil
	}
	if err != nil || own.Leaf != nil && !pair.Leaf.NotAfter.After(own.Leaf.NotAfter) {
		return certificate.Pair{}, false, err
	}
	if err := w.manager.options.Store.put(w.authority.Directory, w.Names, pair.PEM); err != nil {
		return certificate.Pair{}, false, fmt.Errorf("store a certificate: %w", err)
	}
	w.manager.options.Log.Info("took a certificate from the store", "site", w.Site, "until", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	return pair, true, nil
}

// offer gives the other edges a certificate where they have none that ends as late.
func (w *wanted) offer(ctx context.Context, own certificate.Pair) error {
	v := w.authority.Vault
	better := func(ctx context.Context) (bool, error) {
		there, err := Kept(ctx, v, w.authority.Directory, w.Names, time.Now())
		if errors.Is(err, fs.ErrNotExist) || errors.As(err, new(*DamagedError)) {
			return true, nil
		}
		return err == nil && own.Leaf.NotAfter.After(there.Leaf.NotAfter), err
	}
	if ok, err := better(ctx); !ok || err != nil {
		return err
	}
	brought, err := w.registerAlone(ctx)
	if err != nil {
		return err
	}
	brought()
	held, release, err := v.Lock(ctx, w.name())
	if err != nil {
		return err
	}
	defer release()
	if ok, err := better(held); !ok || err != nil {
		return err
	}
	return v.Write(held, w.name(), own.PEM)
}

// DamagedError says why what a vault keeps is no certificate for a site.
type DamagedError struct {
	name string
	error
}

func (d *DamagedError) Error() string { return d.name + ": " + d.error.Error() }

func (d *DamagedError) Unwrap() error { return d.error }

// Kept is the certificate that edges have in common for some names. The error is
// fs.ErrNotExist where they have none, and a *DamagedError where what is there is cut
// short, for other names, or not valid at the time.
func Kept(ctx context.Context, v vault.Vault, directory string, names []string, at time.Time) (certificate.Pair, error) {
	name := certificateName(directory, names)
	text, err := v.Read(ctx, name)
	if err != nil {
		return certificate.Pair{}, err
	}
	pair, err := certificate.Parse(v.String()+"/"+name, text)
	if err != nil {
		return certificate.Pair{}, &DamagedError{v.String() + "/" + name, err}
	}
	for _, host := range names {
		if err := pair.Leaf.VerifyHostname(host); err != nil {
			return certificate.Pair{}, &DamagedError{v.String() + "/" + name, err}
		}
	}
	if !pair.ValidAt(at) {
		return certificate.Pair{}, &DamagedError{v.String() + "/" + name, fmt.Errorf("it is valid from %s to %s", pair.Leaf.NotBefore.UTC().Format(time.RFC3339), pair.Leaf.NotAfter.UTC().Format(time.RFC3339))}
	}
	return pair, nil
}

// Take brings into a store the certificate that edges have in common for some names, for
// a site that is about to be served and has none. False where there is none to be had
// before ctx ends.
func (s Store) Take(ctx context.Context, v vault.Vault, directory string, names []string, at time.Time) (certificate.Pair, bool) {
	pair, err := Kept(ctx, v, directory, names, at)
	if err != nil {
		return certificate.Pair{}, false // whoever looks after the site says why
	}
	return pair, s.put(directory, names, pair.PEM) == nil
}
