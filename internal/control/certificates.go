package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/certificate"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

// authorize makes ready to ask authorities for certificates.
func (e *Edge) authorize() {
	store := acme.Store{Dir: statedir.ACMEDir(e.state.dir)}
	if err := store.Tidy(); err != nil {
		e.options.Log.Warn("remove what was begun of certificates", "error", err)
	}
	e.Authority = acme.New(acme.Options{
		Store:     store,
		Log:       e.options.Log.With("from", "acme"),
		UserAgent: "edgegen/" + e.options.Version,
		Serve:     e.serveRenewed,
		Run:       e.runHook,
	})
}

// runHook calls a command of the site, as the user that edgegen runs as: the command
// needs the secret with which it writes into the DNS, which the apps are not to know.
func (e *Edge) runHook(ctx context.Context, hook acme.Hook, arguments ...string) error {
	const name = "dns_hook"
	tell := func(line []byte) { e.Message(name, line) }
	exit, err := supervise.Once(ctx, supervise.Process{Name: name, Path: hook.Command[0], Args: slices.Concat(hook.Command[1:], arguments),
		Dir: hook.Dir, StopTimeout: time.Second, Stdout: tell, Stderr: tell}, e.state.instance)
	if err != nil {
		return err
	}
	if exit.Code != 0 {
		return fmt.Errorf("it %s", exit)
	}
	return nil
}

// shownTime bounds how long a handshake may take to show a renewed certificate.
const shownTime = 10 * time.Second

// serveRenewed returns nil when handshakes on every listener show the certificate of
// the site, which is in the store.
func (e *Edge) serveRenewed(ctx context.Context, host string, pair certificate.Pair) error {
	served := func() bool { return e.Serving().Has(host, pair.Leaf) }
	if err := e.renewals.serve(ctx, renewal{time.Until(pair.Leaf.NotAfter), served}, e.changeServed); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, shownTime)
	defer cancel()
	edge := e.Serving().Loaded.Edge
	for _, listener := range edge.HTTPS {
		if err := native.ProbeTLS(ctx, generation.Reachable(listener), host, pair.Leaf, edge.Announces); err != nil {
			return fmt.Errorf("no handshake shows it: %w", err)
		}
	}
	return nil
}
