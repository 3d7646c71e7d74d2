package render

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// vclACL is a list of addresses by which a route lets clients in.
type vclACL struct {
	Name    string
	Refuses string // the operator by which an address is refused
	Entries []vclEntry
	Source  site.Source
}

type vclEntry struct {
	vclTrusted
	Not bool
}

// vclACLOf is of what comes in or, where only deny is written, of what does not. Of
// the entries of an acl that hold an address, Varnish takes the longest.
func vclACLOf(a *site.Access, route string, counted bool) *vclACL {
	if !a.ByAddress() || a.Gated() && !counted {
		return nil
	}
	acl := &vclACL{Name: "access_" + strings.ReplaceAll(route, ".", "_"), Refuses: "!~", Source: a.AllowSource}
	if len(a.Allow) == 0 {
		acl.Refuses, acl.Source = "~", a.DenySource
	}
	for _, p := range a.Deny {
		acl.Entries = append(acl.Entries, vclEntry{vclNetwork(p), len(a.Allow) > 0})
	}
	for _, p := range a.Allow {
		if !slices.ContainsFunc(a.Deny, func(d site.Prefix) bool { return d.Network == p.Network }) {
			acl.Entries = append(acl.Entries, vclEntry{vclNetwork(p), false})
		}
	}
	return acl
}

func vclNetwork(p site.Prefix) vclTrusted {
	return vclTrusted{p.Network.Addr().String(), p.Network.Bits(), p.Source}
}

// vclCount is a limit that varnishd counts itself, in C.
type vclCount struct {
	Header       string // the field whose value is a client; "" for the client's address
	Mark         string // of the limit, as C writes it
	Every, Ahead int64  // nanoseconds
	Source       site.Source
}

// countsOn reports whether varnishd counts the requests of a route itself.
func (in Input) countsOn(r *site.Route) bool { return in.Standby && in.InC && r.Access.Counted() }

// vclCountOf is nil where edgegen is asked about each request.
func vclCountOf(in Input, r *site.Route, id string) *vclCount {
	if !in.countsOn(r) {
		return nil
	}
	l := r.Access.Limit
	return &vclCount{l.Header, fmt.Sprintf("%#016x", l.Mark(id)), l.Every().Nanoseconds(), int64(l.Burst) * l.Every().Nanoseconds(), l.Source}
}

// counts reports whether it does on any route.
func (in Input) counts() bool {
	return slices.ContainsFunc(in.Edge.Sites, func(s site.Site) bool {
		return slices.ContainsFunc(s.Routes, func(r site.Route) bool { return in.countsOn(&r) })
	})
}

// watches reports whether varnishd looks after the ends of bodies that pass as they come.
func (in Input) watches() bool { return in.Standby && in.Filters }

// softens reports whether varnishd has what is purged softly grow stale.
func (in Input) softens() bool { return in.Standby && in.InC && in.Edge.KeepsStale() }

// vclBrought is a field that a request brings from the app that says who comes in.
type vclBrought struct {
	Name      string
	Spellings []string // that a client could write it in
}

// LetIn reports whether something is done for a request that has come in to a route.
func (r vclRoute) LetIn() bool { return r.WebSocketApp != "" || !r.RequestHeaders.Empty() }

// BringsSource is the line that has a request bring something.
func (r vclRoute) BringsSource() site.Source {
	if f := r.Access.Forward; f != nil && len(f.CopyHeaders) > 0 {
		return f.Source
	}
	return r.Access.Certified.Source
}

// gate notes a route about which edgegen is asked who may come in.
func (v *vclData) gate(route vclRoute) {
	if !route.Access.Gated() {
		return
	}
	if !v.Gated {
		v.Gated, v.GatedSource = true, route.Access.Source()
	}
	for _, name := range route.Access.Brings() {
		route.Brings = append(route.Brings, vclBrought{name, spellings(name)})
	}
	v.Gates = append(v.Gates, route)
}
