package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/explain"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

const (
	// livePatience is how much longer an answer may take than the site waits for apps.
	livePatience = 10 * time.Second
	// linePatience is how long the request's line in the access log is waited for.
	linePatience = 2 * time.Second
)

// runningEdge is an edge that runs, and that is asked from this machine.
type runningEdge struct {
	status    api.Status
	edge      *site.Edge
	explainer *explain.Explainer
	client    *api.Client
	// listens is set to hear what varnishd logs of each request.
	listens bool
	// announced is set to say by a PROXY header who asks, which an edge for tests takes.
	announced bool
}

// runningEdge finds the edge of the state directory. Without a SITE it is the edge's.
// settle is what has changed its model when it was started; it may be nil.
func (s streams) runningEdge(ctx context.Context, arguments []string, flags siteFlags, settle func(*site.Edge)) (*runningEdge, error) {
	client, err := clientOf(flags.stateDir)
	if err != nil {
		return nil, err
	}
	r := &runningEdge{client: client}
	if r.status, err = askStatus(ctx, client); err != nil {
		return nil, err
	}
	path := r.status.Site
	if len(arguments) > 0 {
		path = arguments[0]
	}
	selection := generation.Selection{Roles: map[string]site.Engine{}}
	for _, tier := range r.status.Tiers {
		selection.Roles[tier.Role] = site.Engine(tier.Engine)
	}
	explainer, p, err := s.explainer(ctx, path, selection, flags, func(edge *site.Edge) {
		if settle != nil {
			settle(edge)
		}
		settlePorts(r.status, edge)
	})
	if err != nil {
		return nil, err
	}
	r.explainer, r.edge = explainer, p.Loaded.Edge
	return r, nil
}

// ask sends a request, and compares what came with what was foretold.
func (r *runningEdge) ask(ctx context.Context, request explain.Request) (*explain.Explanation, error) {
	address, err := listenerOf(r.status, r.edge, request)
	if err != nil {
		return nil, err
	}
	return r.askAt(ctx, request, address)
}

// askAt sends a request to one of the edge's listeners.
func (r *runningEdge) askAt(ctx context.Context, request explain.Request, address string) (*explain.Explanation, error) {
	if request.Announced = r.announced && !r.edge.Plain(); !request.Announced {
		request.Peer = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if host, _, _ := net.SplitHostPort(address); host == "::1" {
			request.Peer = netip.IPv6Loopback()
		}
	} else if !request.Peer.IsValid() {
		request.Peer = explain.Somewhere()
	}
	explanation := r.explainer.Explain(request)
	hears := r.listen(ctx)
	defer hears.end()
	log := r.edge.Log.Access
	before := explain.LogSize(log)
	live, err := explain.Send(ctx, request, explain.Listener{Address: address, TLS: request.HTTPS && !r.edge.Plain(), QUIC: explanation.Protocol == "HTTP/3.0",
		Patience: livePatience + r.edge.Timeout.FirstByte})
	if err != nil {
		return nil, err
	}
	var line explain.LogLine
	if filepath.IsAbs(log) {
		line = explain.AwaitLine(ctx, log, before, request, live.Protocol, linePatience)
	}
	live.Varnish = hears.logged(ctx, request.Target(live.Protocol), live.Port)
	explanation.Beside(live, line, r.unwell(ctx, explanation, live))
	explanation.Live = live
	return explanation, nil
}

// unwell is what the edge says about the servers of an app, if the app has not answered.
func (r *runningEdge) unwell(ctx context.Context, e *explain.Explanation, live *explain.Live) (reasons []string) {
	if live.Status < 500 || e.Backend == "" {
		return nil
	}
	status, err := askStatus(ctx, r.client)
	if err != nil {
		return nil // that is what was foretold, and came
	}
	for _, b := range status.Backends {
		if b.Site != e.Site || b.Name != e.Backend {
			continue
		}
		for _, server := range b.Endpoints {
			if server.Reason != "" {
				reasons = append(reasons, server.Address+": "+server.Reason)
			}
		}
	}
	return reasons
}

// explainLive asks the running edge.
func (s streams) explainLive(ctx context.Context, request explain.Request, arguments []string, flags explainFlags) error {
	running, err := s.runningEdge(ctx, arguments, flags.siteFlags, nil)
	if err != nil {
		return s.refusal(err, flags.asJSON)
	}
	running.listens = true
	explanation, err := running.ask(ctx, request)
	if err != nil {
		return err
	}
	return s.showExplanation(explanation, flags.asJSON)
}

// settlePorts sets the ports of the running edge where the site leaves them to the kernel.
func settlePorts(status api.Status, edge *site.Edge) {
	for _, tier := range status.Tiers {
		listeners := edge.HTTPS
		if edge.Plain() || tier.Role == site.WebTier {
			listeners = edge.HTTP
		}
		n := 0
		for _, text := range tier.Listen {
			address, err := netip.ParseAddrPort(text)
			if err != nil || n == len(listeners) || tier.Role == site.CacheTier {
				continue // it is between tiers
			}
			if listeners[n].Address.Port() == 0 {
				listeners[n].Address = address
			}
			n++
		}
	}
}

// listenerOf is the address to connect to for a request: the loopback one of a
// listener on all addresses.
func listenerOf(status api.Status, edge *site.Edge, request explain.Request) (string, error) {
	role := site.TLSTier
	if !request.HTTPS && !edge.Plain() {
		role = site.WebTier
	}
	first := ""
	for _, tier := range status.Tiers {
		for _, address := range tier.Listen {
			host, port, err := net.SplitHostPort(address)
			if tier.Role != role || err != nil || strings.Contains(address, "/") {
				continue // it is between tiers
			}
			if at, err := netip.ParseAddr(host); err == nil && at.IsUnspecified() {
				host = map[bool]string{true: "127.0.0.1", false: "::1"}[at.Is4()]
			}
			address = net.JoinHostPort(host, port)
			if port == strconv.Itoa(request.Port) {
				return address, nil
			}
			if first == "" {
				first = address
			}
		}
	}
	if first == "" {
		return "", errors.New("the running edge has no listener for this request")
	}
	if request.Named && request.Port != edge.PublicPort {
		return "", fmt.Errorf("the running edge does not listen on port %d: leave the port out to ask %s", request.Port, first)
	}
	return first, nil
}
