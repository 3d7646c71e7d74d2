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

	"edgegen/internal/config"
	"edgegen/internal/control"
	"edgegen/internal/edgetest"
	"edgegen/internal/explain"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/systemd"
)

// testEdge is an edge that runs for tests alone: builtin tiers on free ports, in front
// of a stub app.
type testEdge struct {
	*runningEdge
	app       *stubApp
	directory string
	public    []systemd.Listener // for http, and for https
	end       context.CancelFunc
	ended     chan error
}

// startStub starts an edge for the tests of a site, which is to be stopped.
func (s streams) startStub(ctx context.Context, path string, flags siteFlags) (t *testEdge, err error) {
	t = &testEdge{ended: make(chan error, 1), end: func() {}}
	if t.directory, err = os.MkdirTemp("", "edgegen-stub-"); err != nil {
		return nil, fmt.Errorf("make a directory for the edge: %w", err)
	}
	if t.app, err = newStubApp(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(t.directory))
	}
	if t.public, err = freeListeners(2); err != nil {
		t.app.close()
		return nil, errors.Join(err, os.RemoveAll(t.directory))
	}
	selection := generation.Selection{Roles: map[string]site.Engine{}}
	for _, role := range generation.Roles() {
		selection.Roles[role] = site.Builtin
	}
	running, end := context.WithCancel(ctx)
	t.end = end
	ready := make(chan struct{})
	go func() {
		t.ended <- control.Up(running, ctx, control.Options{
			Site: path, Given: flags.given, StateDir: t.directory, Select: selection, Version: version(),
			Guardian:  []string{guardianArgument},
			Listeners: t.public, // which it closes
			Log:       slog.New(slog.DiscardHandler),
			SetLevel:  func(string) {},
			Warn:      func(config.Diagnostics) {}, // the explainer tells them
			Ready:     func([]string) { close(ready) },
			Settle:    t.settle,
		})
	}()
	select {
	case err = <-t.ended:
		t.ended <- nil
		if err == nil {
			err = errors.New("the edge for the tests has stopped")
		}
	case <-ready:
		flags.stateDir = t.directory
		t.runningEdge, err = s.runningEdge(ctx, []string{path}, flags, t.settleForExplanation)
	}
	if err != nil {
		t.stop()
		return nil, err
	}
	t.runningEdge.stub = t.app
	return t, nil
}

// stop ends the edge and takes away what it has left.
func (t *testEdge) stop() {
	t.end()
	<-t.ended
	t.app.close()
	_ = os.RemoveAll(t.directory) // what is left of it hurts nobody
}

// settle makes of a site's model that of the edge for the tests: on free ports of this
// machine, asked by whoever a PROXY header names, in front of the stub app.
func (t *testEdge) settle(edge *site.Edge) {
	t.settleForExplanation(edge)
	if !edge.Plain() {
		edge.Announced = []site.Prefix{{Network: netip.MustParsePrefix("127.0.0.0/8")}}
	}
}

func (t *testEdge) settleForExplanation(edge *site.Edge) {
	if len(edge.HTTPS) > 0 && edge.PublicPort == 0 {
		edge.PublicPort = int(edge.HTTPS[0].Address.Port())
	}
	edge.HTTP, edge.HTTPS = listenAt(edge.HTTP, t.public[0]), listenAt(edge.HTTPS, t.public[1])
	edge.Metrics, edge.Trace, edge.Resolvers = nil, nil, nil
	edge.Storage = site.Storage{Type: "memory", Size: min(edge.Storage.Size, 64<<20)}
	edge.Log = site.Log{Access: filepath.Join(t.directory, "access.log"), Format: "json", Level: "error"}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		if s.TLS.ACME {
			s.TLS.ACME, s.TLS.SelfSigned, s.TLS.DNSHook = false, true, nil
		}
		for j := range s.Backends {
			b := &s.Backends[j]
			b.Servers = []site.Server{t.app.server(b.FastCGI != nil)}
			b.Command, b.Health, b.TLS, b.Balance = nil, nil, site.BackendTLS{}, site.RoundRobin
		}
	}
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
	address := t.public[0].Address
	if request.HTTPS && !t.edge.Plain() {
		address = t.public[1].Address
	}
	if t.edge.Plain() && request.Peer.IsValid() || request.HTTPS && !t.edge.Plain() && len(t.edge.HTTPS) == 0 || !request.HTTPS && len(t.edge.HTTP) == 0 {
		return t.explainer.Explain(request), nil // nobody can ask so
	}
	return t.askAt(ctx, request, address.String())
}
