package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"edgegen/internal/config"
	"edgegen/internal/control"
	"edgegen/internal/edgetest"
	"edgegen/internal/explain"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/systemd"
)

// ownEdge is an edge that runs for a verb alone: builtin tiers on free ports, in front
// of apps that stand for the site's.
type ownEdge struct {
	directory string
	public    []systemd.Listener // for http, and for https
	// stands is the server that stands for one of a backend.
	stands func(*site.Backend, site.Server) site.Server
	// announced has clients say by a PROXY header who they are.
	announced bool
	// http and https say whether the site has listeners of the kind, once it serves.
	http, https bool
	end         context.CancelFunc // nil before it runs
	running     sync.WaitGroup
}

// testEdge is one for tests.
type testEdge struct {
	*runningEdge
	own *ownEdge
	app *stubApp
}

// startStub starts an edge for the tests of a site, which is to be stopped.
func (s streams) startStub(ctx context.Context, path string, flags siteFlags) (*testEdge, error) {
	app := newStubApp()
	own := &ownEdge{announced: true, stands: func(b *site.Backend, _ site.Server) site.Server { return app.server(b) }}
	t := &testEdge{own: own, app: app}
	err := own.start(ctx, path, flags.given)
	if err == nil {
		err = app.apps.Err()
	}
	if err == nil {
		flags.stateDir = own.directory
		t.runningEdge, err = s.runningEdge(ctx, []string{path}, flags, own.settleForExplanation)
	}
	if err != nil {
		t.stop()
		return nil, err
	}
	t.announced = true
	return t, nil
}

// stop ends the edge and its app.
func (t *testEdge) stop() {
	t.own.stop()
	t.app.apps.Close()
}

// start starts the edge and waits until it serves. It is to be stopped also where
// there is an error.
func (o *ownEdge) start(ctx context.Context, path string, given []config.Given) (err error) {
	if o.directory, err = os.MkdirTemp("", "edgegen-own-"); err != nil {
		return fmt.Errorf("make a directory for the edge: %w", err)
	}
	if o.public, err = freeListeners(2); err != nil {
		return err
	}
	selection := generation.Selection{Roles: map[string]site.Engine{}, Yields: true}
	for _, role := range site.Tiers() {
		selection.Roles[role] = site.Builtin
	}
	running, end := context.WithCancel(ctx)
	o.end = end
	ready, ended := make(chan struct{}), make(chan error, 1)
	o.running.Go(func() {
		ended <- control.Up(running, ctx, control.Options{
			Site: path, Given: given, StateDir: o.directory, Select: selection, Version: version(),
			Guardian:  []string{guardianArgument},
			Listeners: o.public, // which it closes
			Log:       slog.New(slog.DiscardHandler),
			SetLevel:  func(string) {},
			Warn:      func(config.Diagnostics) {}, // whoever reads the site as well tells them
			Ready:     func([]string) { close(ready) },
			Settle:    o.settle,
		})
	})
	select {
	case err := <-ended:
		if err == nil {
			err = errors.New("the edge has stopped by itself")
		}
		return err
	case <-ready:
		return nil
	}
}

// stop ends the edge and takes away what it has left.
func (o *ownEdge) stop() {
	if o.end != nil {
		o.end()
	}
	o.running.Wait()
	_ = os.RemoveAll(o.directory) // what is left of it hurts nobody
}

// settle makes of a site's model that of the edge: on free ports of this machine, in
// front of what stands for the apps.
func (o *ownEdge) settle(edge *site.Edge) {
	o.settleForExplanation(edge)
	o.http, o.https = len(edge.HTTP) > 0, len(edge.HTTPS) > 0
	if o.announced && !edge.Plain() {
		edge.Announced = []site.Prefix{{Network: netip.MustParsePrefix("127.0.0.0/8")}}
	}
}

// settleForExplanation does the same, except that clients need no PROXY header.
func (o *ownEdge) settleForExplanation(edge *site.Edge) {
	if len(edge.HTTPS) > 0 && edge.PublicPort == 0 {
		edge.PublicPort = int(edge.HTTPS[0].Address.Port())
	}
	edge.HTTP, edge.HTTPS = listenAt(edge.HTTP, o.public[0]), listenAt(edge.HTTPS, o.public[1])
	edge.Metrics, edge.Trace, edge.Resolvers = nil, nil, nil
	edge.Storage = site.Storage{Type: "memory", Size: min(edge.Storage.Size, 64<<20)}
	edge.Log = site.Log{Access: filepath.Join(o.directory, "access.log"), Format: "json", Level: "error"}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		if s.TLS.ACME {
			s.TLS.ACME, s.TLS.SelfSigned, s.TLS.DNSHook = false, true, nil
		}
		for j := range s.Backends {
			b := &s.Backends[j]
			b.Servers = []site.Server{o.stands(b, b.Servers[0])}
			b.Command, b.Health, b.TLS, b.Balance = nil, nil, site.BackendTLS{}, site.RoundRobin
		}
	}
}

// serverAt is the server at an address of TCP.
func serverAt(address string) site.Server {
	at, _ := netip.ParseAddrPort(address) // it is one
	return site.Server{Host: at.Addr().String(), Port: at.Port(), Weight: 1}
}

// listenAt puts one listener in the place of those that there are.
func listenAt(before []site.Listener, at systemd.Listener) []site.Listener {
	if len(before) == 0 {
		return nil
	}
	return []site.Listener{{Address: at.Address, Source: before[0].Source}}
}

// freeListeners listens on free ports of this machine.
func freeListeners(n int) (all []systemd.Listener, err error) {
	for range n {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return all, fmt.Errorf("listen for the tests: %w", err)
		}
		file, err := l.File()
		if err = errors.Join(err, l.Close()); err != nil {
			return all, fmt.Errorf("listen for the tests: %w", err)
		}
		at, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil {
			return all, err
		}
		all = append(all, systemd.Listener{File: file, Address: at})
	}
	return all, nil
}

// ask sends the request of a test.
func (t *testEdge) ask(ctx context.Context, one *edgetest.Test) (*explain.Explanation, error) {
	t.app.answer(one.App)
	request := one.Request
	request.Named = false // the site's own ports are free ones here
	address := t.own.public[0].Address
	if request.HTTPS && !t.edge.Plain() {
		address = t.own.public[1].Address
	}
	if t.edge.Plain() && request.Peer.IsValid() || request.HTTPS && !t.edge.Plain() && len(t.edge.HTTPS) == 0 || !request.HTTPS && len(t.edge.HTTP) == 0 {
		return t.explainer.Explain(request), nil // nobody can ask so
	}
	return t.askAt(ctx, request, address.String())
}
