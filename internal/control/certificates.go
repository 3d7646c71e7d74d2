package control

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/printable"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
	"edgegen/internal/tickets"
	"edgegen/internal/wait"
)

// authorize makes ready to ask authorities for certificates.
func (e *Edge) authorize() {
	store := acme.Store{Dir: statedir.ACMEDir(e.state.dir)}
	if err := store.Tidy(); err != nil {
		e.options.Log.Warn("cannot remove unfinished certificate files", "error", err)
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

// localPause is between two looks whether a certificate of the local authority ends.
const localPause = 12 * time.Hour

// renewLocal has certificates of the local authority followed by others before they
// end, until ctx ends: an edge may run for longer than they live.
func (e *Edge) renewLocal(ctx context.Context) {
	repeatedly(ctx, localPause, func() {
		if !e.Serving().LocalEnds(time.Now()) {
			return
		}
		if err := e.changeServed(ctx); err != nil && ctx.Err() == nil {
			e.options.Log.Error("cannot renew a certificate of the local authority; edgegen will try again", "error", printable.FirstLine(err), "in", localPause)
		}
	})
}

// changeServed serves the site that is served, with what there is of certificates now.
// What stands in its files and templates meanwhile does not matter.
func (e *Edge) changeServed(ctx context.Context) error {
	_, err := e.change(ctx, func() (*transaction, error) {
		serving := e.Serving()
		return e.stageLoaded(ctx, serving.Path, serving.Templates, &config.Findings{Loaded: serving.Loaded})
	})
	return err
}

// repeatedly calls a function after each pause until ctx ends.
func repeatedly(ctx context.Context, pause time.Duration, do func()) {
	ticks := time.NewTicker(pause)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			do()
		}
	}
}

// ticketsPause is between a change of the keys of tickets that has failed and the next try.
const ticketsPause = time.Minute

// rotation has a daemon that ends TLS read the keys of the next period when that begins. A
// builtin tier looks at the clock itself.
type rotation struct {
	reads  func() bool                 // whether a daemon reads keys from files
	change func(context.Context) error // has it read those of now
	log    *slog.Logger
}

// rotateTickets changes keys until ctx ends.
func (e *Edge) rotateTickets(ctx context.Context) {
	r := rotation{reads: func() bool { return readsTickets(e.Serving()) }, change: e.changeServed, log: e.options.Log}
	r.run(ctx)
}

func (r rotation) run(ctx context.Context) {
	for {
		now := time.Now()
		if !wait.For(ctx, tickets.Next(now).Sub(now)) {
			return
		}
		for r.reads() {
			err := r.change(ctx)
			if err == nil {
				break
			}
			if ctx.Err() == nil {
				r.log.Error("cannot change the keys of session tickets; edgegen will try again", "error", printable.FirstLine(err), "in", ticketsPause)
			}
			if !wait.For(ctx, ticketsPause) {
				return
			}
		}
	}
}

// readsTickets reports whether a daemon reads the keys of tickets from files.
func readsTickets(g *generation.Generation) bool {
	return g.Native(site.TLSTier) && len(g.Loaded.Edge.Sites) == 1 && g.TicketSecret != "" && !g.Loaded.Edge.Plain()
}
