package gateway

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// place gives each Gateway its address, and each port of it an edge.
func (b *builder) place() {
	b.address()
	owner := map[string]*gateway{} // of an edge
	for _, g := range b.gateways {
		for _, l := range g.listeners {
			if l.accepted.bad() || l.conflict.bad() || g.accepted.bad() || g.placed.bad() {
				continue
			}
			id := edgeID(g.address, l.Port)
			if other := owner[id]; other != nil && other != g {
				l.accepted = verdict{string(gatewayv1.ListenerReasonPortUnavailable),
					fmt.Sprintf("port %d is %s's: give edgegen gateway an address for each with --addresses", l.Port, other.ref())}
				continue
			}
			owner[id], l.edge = g, id
			b.edge(g, l)
		}
	}
}

// address gives Gateways addresses: those that they ask for, then those that they have,
// then what is left. Without addresses to give they listen at all of the machine.
func (b *builder) address() {
	taken := map[netip.Addr]bool{}
	take := func(g *gateway, text string) bool {
		a, err := netip.ParseAddr(text)
		if err != nil || taken[a] || !slices.Contains(b.Addresses, a) {
			return false
		}
		g.address, taken[a] = a, true
		return true
	}
	for _, g := range b.gateways {
		wanted, asks := g.asks()
		if !asks || g.accepted.bad() {
			continue
		}
		// All that it asks for are to be its, and the first is where it listens.
		if at := slices.IndexFunc(wanted, func(text string) bool { return !slices.Contains(b.Addresses, parsed(text)) }); at >= 0 {
			g.placed = verdict{string(gatewayv1.GatewayReasonAddressNotUsable), fmt.Sprintf("%s is none of the addresses that edgegen gateway has by --addresses: %v", wanted[at], b.Addresses)}
		} else if !slices.ContainsFunc(wanted, func(text string) bool { return take(g, text) }) {
			g.placed = verdict{string(gatewayv1.GatewayReasonAddressNotUsable), "another Gateway has its address: " + strings.Join(wanted, ", ")}
		}
	}
	if len(b.Addresses) == 0 {
		return
	}
	for _, g := range b.gateways {
		if g.unplaced() && len(g.Status.Addresses) > 0 {
			take(g, g.Status.Addresses[0].Value)
		}
	}
	for _, g := range b.gateways {
		if g.unplaced() && !slices.ContainsFunc(b.Addresses, func(a netip.Addr) bool { return take(g, a.String()) }) {
			g.placed = verdict{string(gatewayv1.GatewayReasonAddressNotAssigned), "every address of --addresses has another Gateway"}
		}
	}
}

// parsed is an address; the zero one for what is none.
func parsed(text string) netip.Addr {
	a, _ := netip.ParseAddr(text)
	return a
}

// unplaced reports a Gateway that still needs an address.
func (g *gateway) unplaced() bool {
	return !g.accepted.bad() && !g.placed.bad() && !g.address.IsValid()
}

// asks lists the addresses that a Gateway names. One without a value is any.
func (g *gateway) asks() (values []string, asks bool) {
	for _, a := range g.Spec.Addresses {
		if a.Type != nil && *a.Type != gatewayv1.IPAddressType {
			g.accepted = verdict{string(gatewayv1.GatewayReasonUnsupportedAddress), fmt.Sprintf("an address is an IPAddress here, and no %s", *a.Type)}
			return nil, true
		}
		if a.Value != "" {
			values = append(values, a.Value)
		}
	}
	return values, len(values) > 0
}
