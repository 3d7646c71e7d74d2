package site

import (
	"net/netip"
	"slices"
)

// Access says who may come in to a route. The zero value lets everybody in.
type Access struct {
	// Allow and Deny are networks, in order: of those that hold a client's address
	// the longest decides, and of two that are equal the one in Deny. What is in none
	// comes in where Allow is empty.
	Allow, Deny []Prefix

	AllowSource Source
	DenySource  Source
}

// ByAddress reports whether the client's address decides about anything.
func (a *Access) ByAddress() bool { return len(a.Allow)+len(a.Deny) > 0 }

// Admits reports whether a client comes in by its address, which is no IPv4 address
// within IPv6.
func (a *Access) Admits(client netip.Addr) bool {
	if !a.ByAddress() {
		return true
	}
	allowed, denied := longest(a.Allow, client), longest(a.Deny, client)
	if allowed == denied { // in none
		return allowed < 0 && len(a.Allow) == 0
	}
	return allowed > denied
}

// Decisive is the place of what decides about a client: of the network, or else of
// the list that it is missing from.
func (a *Access) Decisive(client netip.Addr) Source {
	allowed, denied := longest(a.Allow, client), longest(a.Deny, client)
	for _, p := range slices.Concat(a.Deny, a.Allow) {
		if p.Network.Bits() == max(allowed, denied) && p.Network.Contains(client) {
			return p.Source
		}
	}
	return a.AllowSource
}

// longest is the length of the longest network that holds the address; -1 for none.
func longest(networks []Prefix, address netip.Addr) int {
	bits := -1
	for i := range networks {
		if n := networks[i].Network; n.Contains(address) {
			bits = max(bits, n.Bits())
		}
	}
	return bits
}
