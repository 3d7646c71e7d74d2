package site

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Access says who may come in to a route. The zero value lets everybody in.
type Access struct {
	// Allow and Deny are networks, in order: of those that hold a client's address the
	// longest decides, and of two that are equal the one in Deny. An address that is in
	// none of them comes in only if Allow is empty.
	Allow, Deny []Prefix
	Limit       *RateLimit   // nil for none
	Certified   *Certified   // nil where clients are asked for no certificate
	Basic       *BasicAuth   // nil where no password is asked for
	Forward     *ForwardAuth // nil where nobody else is asked

	AllowSource Source
	DenySource  Source
}

// Certified asks clients for a certificate, as the site's TLS.Clients says. All routes of a
// site ask alike.
type Certified struct {
	Required bool // a client without one does not come in
	Source   Source
}

// RateLimit bounds how often each client comes in (GCRA): Count requests come evenly
// spread over each Per, and Burst more at once.
type RateLimit struct {
	Header string // the field whose value is a client; "" for the client's address
	Count  int
	Per    time.Duration
	Burst  int
	Source Source
}

// Every is the time between two requests that come evenly.
func (l *RateLimit) Every() time.Duration { return l.Per / time.Duration(l.Count) }

// Mark tells the limit of a route, by its Route.ID, from any other.
func (l *RateLimit) Mark(route string) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %d", route, l.Header, l.Every(), l.Burst))
	return binary.BigEndian.Uint64(sum[:])
}

// BasicAuth asks for a user and a password (RFC 7617).
type BasicAuth struct {
	Realm     string
	UsersFile string // absolute; package htpasswd says what it holds
	Source    Source
}

// Challenge is the value of WWW-Authenticate.
func (b *BasicAuth) Challenge() string { return `Basic realm="` + b.Realm + `", charset="UTF-8"` }

// ForwardAuth has an app say whether a request comes in.
type ForwardAuth struct {
	Backend string // the name of a Backend of the same site
	Path    string // that it is asked for
	// CopyHeaders are fields of its answer that the request gets, in place of what the
	// client has sent under these names.
	CopyHeaders []HeaderName
	Source      Source
}

// Gated reports whether more than the client's address decides, so that edgegen has to be
// asked about each request.
func (a *Access) Gated() bool { return a.Limit != nil || a.Protects() }

// Protects reports whether the route knows who its clients are, so that an answer to one is
// not for others.
func (a *Access) Protects() bool { return a.Certified != nil || a.Basic != nil || a.Forward != nil }

// Brings are the fields that edgegen adds, for the app, to a request that comes in. A
// client cannot set them.
func (a *Access) Brings() (names []string) {
	if a.Certified != nil {
		names = CertNames()
	}
	return append(names, a.Forward.Copied()...)
}

// Copied are the names of CopyHeaders; none for nil.
func (f *ForwardAuth) Copied() (names []string) {
	if f == nil {
		return nil
	}
	for _, name := range f.CopyHeaders {
		names = append(names, name.Name)
	}
	return names
}

// Source is the place of the first of the rules by which a route is Gated.
func (a *Access) Source() Source {
	switch {
	case a.Limit != nil:
		return a.Limit.Source
	case a.Certified != nil:
		return a.Certified.Source
	case a.Basic != nil:
		return a.Basic.Source
	case a.Forward != nil:
		return a.Forward.Source
	}
	return Source{}
}

// Gated reports whether a route of any site is.
func (e *Edge) Gated() bool {
	return slices.ContainsFunc(e.Sites, func(s Site) bool {
		return slices.ContainsFunc(s.Routes, func(r Route) bool { return r.Access.Gated() })
	})
}

// Counted reports whether nothing decides but a client's address and how often it comes.
// Then an engine that has the counts can let clients in by itself.
func (a *Access) Counted() bool { return a.Limit != nil && !a.Protects() }

// Certified reports whether clients of any site are asked for a certificate. Templates of
// one's own may ask it.
func (e *Edge) Certified() bool {
	return slices.ContainsFunc(e.Sites, func(s Site) bool { return s.TLS.Clients.Asked() })
}

// ByAddress reports whether the client's address decides about anything.
func (a *Access) ByAddress() bool { return len(a.Allow)+len(a.Deny) > 0 }

// Admits reports whether a client's address may come in. The address must not be an IPv4
// one within IPv6.
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

// Decisive is the place in the HCL that decides about a client: that of the network that
// the client is in, or else of the list in which no network has it.
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
